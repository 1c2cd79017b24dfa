import { expect } from 'chai';
import { concat, map, NEVER, Observable, of, Subject, throwError } from 'rxjs';
import { defineSource } from '../../src/core/define-source.ts';
import { PipelineError } from '../../src/core/errors.ts';
import { pipeline } from '../../src/core/pipeline.ts';
import { runPipeline } from '../../src/core/run.ts';
import type { Run, RunOptions } from '../../src/core/run.ts';
import type { Source } from '../../src/core/types.ts';
import { hear, imbalance, sum } from './runs.ts';
import { gathering, handwritten, slow, turns } from './sinks.ts';
import type { Handwritten } from './sinks.ts';
import { counting, range } from './sources.ts';

interface Sample {
  readonly key: string;
  readonly at: number;
}

const sampled = (input: Observable<Sample>): Source<Sample> =>
  defineSource({ name: 'samples', open: () => input, conflateBy: ({ key }) => key });

const shown = (samples: readonly Sample[]): string => samples.map(({ key, at }) => `${key}${at}`).join(' ');

interface Full extends Handwritten<Sample> {
  readonly input: Subject<Sample>;
  readonly run: Run;
  readonly give: (...samples: readonly string[]) => void;
}

/** A run whose sink is full: it holds a1 a2 a3, the first of them being written. */
function full(name: string, options: RunOptions = {}): Full {
  const input = new Subject<Sample>();
  const sink = handwritten<Sample>({ queue: { capacity: 4 }, batch: { bytes: 1, lingerMs: 0 } });
  const run = runPipeline(pipeline(name, sampled(input), sink.sink), options);
  const give = (...samples: readonly string[]): void => {
    for (const text of samples) input.next({ key: text[0]!, at: Number(text.slice(1)) });
  };
  give('a1', 'a2', 'a3');
  expect(run.paused()).to.equal(true);
  return { ...sink, input, run, give };
}

/** Lets the sink write everything, and returns it. */
async function written({ nextWrite, run }: Full): Promise<string> {
  const batches: string[] = [];
  let over = false;
  void run.done.then(() => (over = true));
  const write = async (): Promise<void> => {
    const { batch, succeed } = await nextWrite();
    batches.push(shown(batch));
    succeed();
    if (!over) await write();
  };
  void write();
  await run.done;
  return batches.join(' ');
}

describe('runPipeline with a source that samples', () => {
  it('reads it on while a sink is full, keeps the newest of each key and counts the others', async () => {
    const state = full('conflate-full');
    state.give('a4', 'b1', 'b2', 'a5', 'c1');
    const [source] = state.run.stages();
    expect(source).to.deep.include({ received: 8, delivered: 3, inFlight: 3, dropped: { conflated: 2 } });
    expect(imbalance(source!)).to.equal(0);
    expect(state.input.observed).to.equal(true);
    state.input.complete();
    expect(await written(state)).to.equal('a1 a2 a3 b2 a5 c1');
    expect(await state.run.done).to.include({ outcome: 'completed', abandoned: 0 });
  });

  it('lets them through as soon as there is room', async () => {
    const state = full('conflate-room');
    const facts = hear('conflate-room');
    state.give('a4', 'b1', 'b2');
    (await state.nextWrite()).succeed();
    await facts.until('resumed');
    facts.end();
    expect(state.run.stages()[0]).to.deep.include({ received: 6, delivered: 5, inFlight: 0 });
    state.input.complete();
    expect(await written(state)).to.equal('a3 a4 b2');
  });

  it('hands over what it keeps when it is stopped', async () => {
    const stop = new AbortController();
    const state = full('conflate-stop', { stop: stop.signal });
    state.give('b1', 'b2');
    stop.abort();
    expect(await written(state)).to.equal('a1 a2 a3 b2');
    expect(await state.run.done).to.include({ outcome: 'stopped', abandoned: 0 });
    expect(state.input.observed).to.equal(false);
    expect(state.run.stages()[0]).to.deep.include({
      received: 5,
      delivered: 4,
      inFlight: 0,
      dropped: { conflated: 1 },
    });
  });

  it('hands over what it keeps when it fails for good', async () => {
    const state = full('conflate-fail');
    state.give('b1');
    const bug = new Error('a bug');
    state.input.error(bug);
    expect(await written(state)).to.equal('a1 a2 a3 b1');
    expect(await state.run.done).to.include({ outcome: 'failed', error: bug, abandoned: 0 });
  });

  it('keeps it while the source is opened again', async () => {
    const inputs = [new Subject<Sample>(), new Subject<Sample>()];
    let opened = 0;
    const source = defineSource<Sample>({
      name: 'samples',
      open: () => inputs[opened++]!,
      conflateBy: ({ key }) => key,
    });
    const { sink, nextWrite } = handwritten<Sample>({ queue: { capacity: 2 } });
    const facts = hear('conflate-retry');
    const run = runPipeline(pipeline('conflate-retry', source, sink), { backoff: { firstMs: 1, maxMs: 1 } });
    for (const at of [1, 2, 3]) inputs[0]!.next({ key: 'a', at });
    inputs[0]!.error(new PipelineError('SOURCE_UNAVAILABLE', 'away'));
    while (opened < 2) await turns(1);
    facts.end();
    expect(run.stages()[0]).to.deep.include({ received: 3, delivered: 2, inFlight: 1, retries: 1 });
    inputs[1]!.next({ key: 'a', at: 4 });
    inputs[1]!.complete();
    expect(run.stages()[0]!.dropped).to.deep.equal({ conflated: 1 });
    const records: string[] = [];
    void (async () => {
      for (;;) {
        const { batch, succeed } = await nextWrite();
        records.push(shown(batch));
        succeed();
      }
    })();
    const { outcome, stages } = await run.done;
    expect([outcome, stages.at(-1)!.dropped]).to.deep.equal(['completed', {}]);
    expect(records).to.deep.equal(['a1', 'a2', 'a4']);
  });

  it('abandons what it still keeps when the sink does not drain in time', async () => {
    const stop = new AbortController();
    const state = full('conflate-late', { stop: stop.signal, drainMs: 1 });
    state.give('b1', 'c1');
    stop.abort();
    const { outcome, abandoned, stages } = await state.run.done;
    expect([outcome, abandoned]).to.deep.equal(['overdue', 5]);
    expect(stages.map(({ inFlight }) => inFlight)).to.deep.equal([2, 3]);
    expect(state.input.observed).to.equal(false);
  });

  it('fails when a record has no key', async () => {
    const bug = new Error('no key');
    const source = defineSource<number>({
      name: 'samples',
      open: () => concat(of(1, 2, 3), NEVER),
      conflateBy: () => {
        throw bug;
      },
    });
    const { sink, nextWrite } = handwritten({ queue: { capacity: 3 } });
    const run = runPipeline(pipeline('conflate-key', source, sink));
    (await nextWrite()).succeed();
    void nextWrite().then(({ succeed }) => succeed());
    expect(await run.done).to.include({ outcome: 'failed', error: bug });
  });

  it('delivers the last sample of every key, whatever the pace of the sink', async () => {
    const KEYS = 5;
    const TURNS = 400;
    const samples = counting(KEYS * TURNS, { perTurn: KEYS }).source.pipe(
      map((n): Sample => ({ key: 'abcde'[n % KEYS]!, at: Math.floor(n / KEYS) })),
    );
    const { sink, records } = slow<Sample>({ capacity: 20 });
    const faults: unknown[] = [];
    const run = runPipeline(pipeline('conflate-pace', sampled(samples), sink));
    const watching = setInterval(() => {
      for (const stage of run.stages()) if (imbalance(stage) !== 0) faults.push(stage);
    });
    const { stages, outcome } = await run.done;
    clearInterval(watching);
    expect([outcome, faults]).to.deep.equal(['completed', []]);
    const [source, written] = stages;
    expect(source).to.include({ received: KEYS * TURNS, inFlight: 0 });
    expect(written!.dropped).to.deep.equal({});
    expect(records.length + sum(source!.dropped)).to.equal(KEYS * TURNS);
    expect(source!.dropped['conflated']).to.be.greaterThan(0);
    for (const key of 'abcde') {
      const times = records.filter((sample) => sample.key === key).map(({ at }) => at);
      expect(
        times.every((at, i) => i === 0 || at > times[i - 1]!),
        key,
      ).to.equal(true);
      expect(times.at(-1), key).to.equal(TURNS - 1);
    }
  });

  it('is a plain source while no sink is full', async () => {
    const { sink, records } = gathering();
    const source = defineSource({
      name: 'samples',
      open: () => counting(300).source,
      conflateBy: () => 'one',
    });
    const { stages } = await runPipeline(pipeline('conflate-none', source, sink)).done;
    expect(records).to.deep.equal(range(0, 300));
    expect(stages[0]!.dropped).to.deep.equal({});
  });

  it('ends with an error as any other source does', async () => {
    const error = new PipelineError('SOURCE_REFUSED', 'no');
    const source = sampled(throwError(() => error));
    expect(await runPipeline(pipeline('conflate-error', source, gathering<Sample>().sink)).done).to.include({
      outcome: 'failed',
      error,
    });
  });
});
