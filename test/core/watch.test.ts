import { expect } from 'chai';
import { concat, merge, NEVER, of, tap, timer } from 'rxjs';
import { PipelineError } from '../../src/core/errors.ts';
import { pipeline } from '../../src/core/pipeline.ts';
import { runPipeline } from '../../src/core/run.ts';
import type { Sink } from '../../src/core/types.ts';
import { hear } from './runs.ts';
import { gathering, handwritten, mailbox, sinkOf, slow } from './sinks.ts';
import { counting } from './sources.ts';

/** Stands still: the event loop with it. */
const block = (ms: number): void => {
  const end = performance.now() + ms;
  while (performance.now() < end);
};
const HOUR = 3_600_000;

describe('runPipeline watches itself', () => {
  it('tells which sink stands still when its write never settles, and when it goes on', async () => {
    const stop = new AbortController();
    const facts = hear('watch-stalled');
    const stuck = handwritten({ name: 'stuck' });
    const run = runPipeline(
      pipeline('watch-stalled', concat(counting(50).source, NEVER), [stuck.sink, gathering().sink]),
      { stop: stop.signal, watch: { everyMs: 5, stalledMs: 20, blockedMs: HOUR } },
    );
    const write = await stuck.nextWrite();
    const told = await facts.until('stalled');
    expect(told).to.include({ stage: 'stuck', inFlight: 50 });
    expect(told.seconds).to.be.at.least(0.02);
    write.succeed();
    expect(await facts.until('recovered')).to.include({ stage: 'stuck' });
    stop.abort();
    expect(await run.done).to.include({ outcome: 'stopped', abandoned: 0 });
    facts.end();
    expect(facts.of('stalled')).to.have.lengthOf(1);
  });

  it('tells of a sink that never opens', async () => {
    const facts = hear('watch-unopened');
    const stop = new AbortController();
    const shut = sinkOf({ name: 'shut', open: () => new Promise<never>(() => undefined) });
    const run = runPipeline(pipeline('watch-unopened', concat(of(1), NEVER), shut), {
      stop: stop.signal,
      drainMs: 1,
      watch: { everyMs: 5, stalledMs: 20, blockedMs: HOUR },
    });
    expect(await facts.until('stalled')).to.include({ stage: 'shut', inFlight: 1 });
    stop.abort();
    expect(await run.done).to.include({ outcome: 'overdue', abandoned: 1 });
    facts.end();
  });

  it('tells of an event loop that stood still, and takes that time for nobody else’s delay', async () => {
    const facts = hear('watch-blocked');
    const stop = new AbortController();
    const stuck = handwritten();
    // When the stuck sink has been seen with a record.
    const late = timer(60).pipe(tap(() => block(300)));
    const run = runPipeline(pipeline('watch-blocked', merge(of(1), late, NEVER), stuck.sink), {
      stop: stop.signal,
      watch: { everyMs: 10, stalledMs: 150, blockedMs: 200 },
    });
    const told = await facts.until('blocked');
    expect(told.stage).to.equal('');
    expect(told.seconds).to.be.within(0.2, 60);
    expect(told.cpuSeconds).to.be.greaterThan(0);
    expect(facts.of('stalled')).to.deep.equal([]);
    await facts.until('stalled');
    (await stuck.nextWrite()).succeed();
    stop.abort();
    void stuck.nextWrite().then(({ succeed }) => succeed());
    await run.done;
    facts.end();
  });

  const calm: Readonly<Record<string, () => readonly Sink<number>[]>> = {
    'a sink that is slow and pauses its source': () => [slow({ capacity: 20 }).sink],
    'a sink that drops': () => [slow({ policy: 'drop-oldest', capacity: 20 }).sink],
    'a sink that tries again': () => {
      let tries = 0;
      return [
        gathering({
          backoff: { firstMs: 200, maxMs: 200 },
          before: () => {
            tries += 1;
            return tries < 4
              ? Promise.reject(new PipelineError('SINK_UNAVAILABLE', 'full'))
              : Promise.resolve();
          },
        }).sink,
      ];
    },
  };
  for (const [what, sinks] of Object.entries(calm))
    it(`is silent about ${what}`, async () => {
      const facts = hear('watch-calm');
      const { outcome } = await runPipeline(pipeline('watch-calm', counting(1000).source, sinks()), {
        watch: { everyMs: 2, stalledMs: 100, blockedMs: HOUR },
      }).done;
      facts.end();
      expect(outcome).to.equal('completed');
      expect(facts.of('stalled')).to.deep.equal([]);
    });

  it('is silent about a sink that waits for its batch to fill', async () => {
    const facts = hear('watch-linger');
    const stop = new AbortController();
    const written = mailbox<readonly number[]>();
    const filling = gathering({
      batch: { bytes: 1e9, lingerMs: 400 },
      before: (batch) => {
        written.put(batch);
        return Promise.resolve();
      },
    });
    const run = runPipeline(pipeline('watch-linger', concat(of(1, 2), NEVER), filling.sink), {
      stop: stop.signal,
      watch: { everyMs: 2, stalledMs: 100, blockedMs: HOUR },
    });
    expect(await written.get()).to.deep.equal([1, 2]);
    stop.abort();
    await run.done;
    facts.end();
    expect(facts.of('stalled')).to.deep.equal([]);
  });

  it('is silent about a source that is idle and an operator from which nothing comes', async () => {
    const facts = hear('watch-idle');
    const stop = new AbortController();
    const run = runPipeline(
      pipeline('watch-idle', concat(of(1), NEVER), (records) => concat(NEVER, records), gathering().sink),
      { stop: stop.signal, drainMs: 1, watch: { everyMs: 1, stalledMs: 1, blockedMs: HOUR } },
    );
    let ticks = 0;
    await new Promise<void>((resolve) => {
      const timer = setInterval(() => {
        ticks += 1;
        if (ticks < 50) return;
        clearInterval(timer);
        resolve();
      }, 1);
    });
    stop.abort();
    await run.done;
    facts.end();
    expect(facts.of('stalled')).to.deep.equal([]);
  });
});
