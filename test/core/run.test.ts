import { expect } from 'chai';
import { bufferCount, concat, EMPTY, filter, from, map, merge, NEVER, of, pipe, take, tap } from 'rxjs';
import type { OperatorFunction } from 'rxjs';
import { defineSource } from '../../src/core/define-source.ts';
import { from as fromSources, pipeline } from '../../src/core/pipeline.ts';
import { runPipeline } from '../../src/core/run.ts';
import type { Sink, Source } from '../../src/core/types.ts';
import { hear, stage } from './runs.ts';
import { gathering, handwritten, sinkOf, turns } from './sinks.ts';
import { counting, eager, range } from './sources.ts';

/** A source that tells when it is opened and released. */
function observed<T>(inner: Source<T>): { readonly source: Source<T>; readonly events: readonly string[] } {
  const events: string[] = [];
  const source = inner.pipe(
    tap({ subscribe: () => events.push('opened'), finalize: () => events.push('released') }),
  );
  return { source, events };
}

const sums: OperatorFunction<number, number> = (records) =>
  records.pipe(
    bufferCount(10),
    map((window) => window.reduce((sum, n) => sum + n, 0)),
  );

describe('runPipeline', () => {
  describe('when its sources end', () => {
    it('delivers everything, closes and is completed', async () => {
      const { sink, records, closed } = gathering();
      const double = map((n: number) => 2 * n);
      const run = runPipeline(pipeline('end-plain', counting(1000).source, double, sink));
      const result = await run.done;
      expect(result).to.include({ outcome: 'completed', abandoned: 0 });
      expect(result).to.not.have.property('error');
      expect(records).to.deep.equal(range(0, 1000).map((n) => 2 * n));
      expect([run.pipeline, closed(), run.paused()]).to.deep.equal(['end-plain', 1, false]);
    });

    it('counts what passed each stage', async () => {
      const { sink } = gathering({ name: 'file', target: '/tmp/x' });
      const even = filter((n: number) => n % 2 === 0);
      const run = runPipeline(pipeline('end-counts', counting(100).source, even, sums, sink));
      const { stages } = await run.done;
      const common = {
        ...{ added: 0, filtered: 0, deduplicated: 0, aggregated: 0, rejected: {}, dropped: {} },
        ...{ inFlight: 0, exact: true, retries: 0, targets: [] },
      };
      const own = { ...common, kind: 'operator', exact: false };
      expect(stages).to.deep.equal([
        { ...common, kind: 'source', name: 'numbers', received: 100, delivered: 100 },
        { ...own, name: 'operator-1', received: 100, delivered: 50, filtered: 50 },
        { ...own, name: 'sums', received: 50, delivered: 5, filtered: 45 },
        { ...common, kind: 'sink', name: 'file', received: 5, delivered: 5, targets: ['/tmp/x'] },
      ]);
      expect(run.stages()).to.deep.equal(stages);
    });

    it('takes sources that emit and end within subscribe', async () => {
      const { sink, records } = gathering();
      const { outcome } = await runPipeline(pipeline('end-eager', fromSources(of(1, 2), of(3)), sink)).done;
      expect([outcome, records]).to.deep.equal(['completed', [1, 2, 3]]);
    });

    it('takes a source without a record', async () => {
      const { sink, closed } = gathering();
      const { outcome } = await runPipeline(pipeline('end-empty', EMPTY, sink)).done;
      expect([outcome, closed()]).to.deep.equal(['completed', 1]);
    });

    it('flushes the windows of operators', async () => {
      const { sink, records } = gathering();
      await runPipeline(pipeline('end-windows', counting(25).source, sums, sink)).done;
      expect(records).to.deep.equal([45, 145, 110]);
    });

    it('subscribes the sinks before the sources', async () => {
      const order: string[] = [];
      const sinks = ['a', 'b'].map((name) =>
        sinkOf({
          open: () => {
            order.push(name);
            return Promise.resolve({ write: () => Promise.resolve(), close: () => Promise.resolve() });
          },
        }),
      );
      const source = defineSource({
        name: 'numbers',
        open: () => {
          order.push('source');
          return of(1);
        },
      });
      await runPipeline(pipeline('end-order', source, sinks)).done;
      expect(order).to.deep.equal(['a', 'b', 'source']);
    });
  });

  describe('when the flow ends before its sources do', () => {
    it('releases the sources once an operator has enough', async () => {
      const { source, events } = observed(eager(Infinity).source);
      const { sink, records } = gathering();
      const { outcome } = await runPipeline(pipeline('enough-operator', source, take(3), sink)).done;
      expect([outcome, records, events]).to.deep.equal(['completed', [0, 1, 2], ['opened', 'released']]);
    });

    it('releases the sources once every sink has enough', async () => {
      const { source, events } = observed(counting(1e9).source);
      const sinks = [3, 5].map((count) => {
        const { sink, records } = gathering();
        return { sink: pipe(take<number>(count), sink), records };
      });
      const run = runPipeline(
        pipeline(
          'enough-sinks',
          source,
          sinks.map(({ sink }) => sink),
        ),
      );
      expect(await run.done).to.include({ outcome: 'completed', abandoned: 0 });
      expect(sinks.map(({ records }) => records)).to.deep.equal([range(0, 3), range(0, 5)]);
      expect(events).to.deep.equal(['opened', 'released']);
    });

    it('goes on for the others when one sink has enough', async () => {
      const short = gathering();
      const long = gathering();
      const sinks = [pipe(take<number>(3), short.sink), long.sink];
      await runPipeline(pipeline('enough-one', counting(1000).source, sinks)).done;
      expect(short.records).to.deep.equal(range(0, 3));
      expect(long.records).to.deep.equal(range(0, 1000));
    });

    it('opens no source when no sink wants a record', async () => {
      const { source, events } = observed(counting(10).source);
      const none: Sink<number> = () => of();
      const { outcome } = await runPipeline(pipeline('enough-none', source, none)).done;
      expect([outcome, events]).to.deep.equal(['completed', []]);
    });

    it('releases the sources that a full sink held back, when that sink ends', async () => {
      const full: Sink<number> = (records) =>
        merge(records.pipe(take(1)), NEVER).pipe(
          map(() => ({ type: 'pause' }) as const),
          take(1),
        );
      const other = gathering();
      const { source } = counting(1000, { perTurn: 1 });
      const run = runPipeline(pipeline('enough-full', source, [full, other.sink]));
      expect(await run.done).to.include({ outcome: 'completed' });
      expect(other.records).to.deep.equal(range(0, 1000));
      expect(run.paused()).to.equal(false);
    });
  });

  describe('when it is stopped', () => {
    it('releases the sources, flushes windows, drains, closes and is stopped', async () => {
      const stop = new AbortController();
      const { source, events } = observed(concat(from(range(0, 25)), NEVER));
      const { sink, nextWrite, closed } = handwritten();
      const run = runPipeline(pipeline('stop-drains', source, sums, sink), { stop: stop.signal });
      stop.abort();
      const write = await nextWrite();
      expect(events).to.deep.equal(['opened', 'released']);
      expect(write.batch).to.deep.equal([45, 145, 110]);
      expect(closed()).to.equal(0);
      write.succeed();
      const result = await run.done;
      expect(result).to.include({ outcome: 'stopped', abandoned: 0 });
      expect(result).to.not.have.property('error');
      expect(closed()).to.equal(1);
    });

    it('opens no source when it is stopped before', async () => {
      const { source, events } = observed(eager(1e9).source);
      const { sink, records, closed } = gathering();
      const result = await runPipeline(pipeline('stop-before', source, sink), { stop: AbortSignal.abort() })
        .done;
      expect(result).to.include({ outcome: 'stopped', abandoned: 0 });
      expect([events, records, closed()]).to.deep.equal([[], [], 1]);
    });

    it('delivers what full sinks hold', async () => {
      const stop = new AbortController();
      const { source, subscriptions, emitted } = counting(1e9);
      const facts = hear('stop-paused');
      const { sink, records } = gathering({ queue: { capacity: 100 }, before: () => held });
      let go!: () => void;
      const held = new Promise<void>((resolve) => (go = resolve));
      const run = runPipeline(pipeline('stop-paused', source, sink), { stop: stop.signal });
      await facts.until('paused');
      stop.abort();
      go();
      expect(await run.done).to.include({ outcome: 'stopped', abandoned: 0 });
      facts.end();
      expect(records).to.deep.equal(range(0, emitted()));
      expect([subscriptions(), run.paused()]).to.deep.equal([1, false]);
    });

    it('gives every stage and sink the record within which it was stopped', async () => {
      for (const where of ['source', 'operator', 'branch'] as const) {
        const stop = new AbortController();
        const pass = tap<number>();
        const stopping = tap<number>((n) => {
          if (n === 5) stop.abort();
        });
        const [a, b] = [gathering(), gathering()];
        const run = runPipeline(
          pipeline(
            'stop-within',
            counting(100, { perTurn: 3 }).source.pipe(where === 'source' ? stopping : pass),
            where === 'operator' ? stopping : pass,
            [where === 'branch' ? pipe(stopping, a.sink) : a.sink, b.sink],
          ),
          { stop: stop.signal },
        );
        const { outcome, stages } = await run.done;
        expect(outcome, where).to.equal('stopped');
        expect(stages.map(({ received, delivered }) => [received, delivered])).to.deep.equal([
          ...[
            [6, 6],
            [6, 6],
            [6, 6],
            [6, 6],
          ],
        ]);
        expect(a.records, where).to.deep.equal(range(0, 6));
        expect(b.records, where).to.deep.equal(range(0, 6));
      }
    });

    it('may be stopped by who hears a fact', async () => {
      const stop = new AbortController();
      const facts = hear('stop-fact');
      void facts.until('opened').then(() => stop.abort());
      const [a, b] = [gathering({ queue: { capacity: 10 } }), gathering()];
      const { source, emitted } = counting(1e9);
      const { outcome } = await runPipeline(pipeline('stop-fact', source, [a.sink, b.sink]), {
        stop: stop.signal,
      }).done;
      facts.end();
      expect(outcome).to.equal('stopped');
      expect(a.records).to.deep.equal(range(0, emitted()));
      expect(b.records).to.deep.equal(range(0, emitted()));
    });

    it('is stopped also when its sources have ended and it drains', async () => {
      const stop = new AbortController();
      const { sink, nextWrite } = handwritten();
      const run = runPipeline(pipeline('stop-draining', of(1), sink), { stop: stop.signal });
      const write = await nextWrite();
      stop.abort();
      write.succeed();
      expect(await run.done).to.include({ outcome: 'stopped', abandoned: 0 });
    });
  });

  describe('when it fails', () => {
    const bug = new Error('a bug');
    const throwAt =
      (at: number) =>
      (n: number): number => {
        if (n === at) throw bug;
        return n;
      };

    it('ends for an error of a source that trying again cannot help, and drains', async () => {
      const facts = hear('fail-source');
      const failing = counting(100, { before: (seq) => void throwAt(50)(seq) });
      const other = observed(NEVER);
      const { sink, records, closed } = gathering();
      const run = runPipeline(pipeline('fail-source', fromSources(failing.source, other.source), sink));
      const result = await run.done;
      facts.end();
      expect(result).to.include({ outcome: 'failed', error: bug, abandoned: 0 });
      expect([records, closed(), other.events]).to.deep.equal([range(0, 50), 1, ['opened', 'released']]);
      expect(facts.of('failed')).to.deep.equal([
        { pipeline: 'fail-source', stage: 'numbers', type: 'failed', error: bug },
      ]);
      expect(failing.subscriptions()).to.equal(1);
    });

    it('ends for an error of an operator: what came through is drained', async () => {
      const facts = hear('fail-operator');
      const { source, events } = observed(counting(1e9).source);
      const { sink, records } = gathering();
      const run = runPipeline(
        pipeline(
          'fail-operator',
          source,
          map((n: number) => n),
          map(throwAt(50)),
          sink,
        ),
      );
      const result = await run.done;
      facts.end();
      expect(result).to.include({ outcome: 'failed', error: bug, abandoned: 0 });
      expect([records, events]).to.deep.equal([range(0, 50), ['opened', 'released']]);
      expect(facts.of('failed').map(({ stage }) => stage)).to.deep.equal(['operator-2']);
    });

    it('ends for an error of a sink: the others drain, what it held is abandoned', async () => {
      const facts = hear('fail-sink');
      const bad = handwritten({ name: 'bad' });
      const good = handwritten({ name: 'good' });
      const { source, events } = observed(concat(of(1, 2, 3), NEVER));
      const run = runPipeline(pipeline('fail-sink', source, [bad.sink, good.sink]));
      const write = await good.nextWrite();
      (await bad.nextWrite()).fail(bug);
      await facts.until('failed');
      await turns(1);
      expect(events).to.deep.equal(['opened', 'released']);
      write.succeed();
      const result = await run.done;
      facts.end();
      expect(result).to.include({ outcome: 'failed', error: bug, abandoned: 3 });
      expect(stage(result.stages, 'good')).to.include({ received: 3, delivered: 3 });
      expect(stage(result.stages, 'bad')).to.include({ received: 3, delivered: 0, inFlight: 3 });
      expect([bad.closed(), good.closed()]).to.deep.equal([1, 1]);
      expect(facts.of('failed').map(({ stage }) => stage)).to.deep.equal(['bad']);
      expect(facts.of('abandoned').map(({ count }) => count)).to.deep.equal([3]);
    });

    it('ends for an error of an operator in a branch', async () => {
      const branch = gathering();
      const all = gathering();
      const run = runPipeline(
        pipeline('fail-branch', counting(1e9).source, [pipe(map(throwAt(50)), branch.sink), all.sink]),
      );
      const result = await run.done;
      expect(result).to.include({ outcome: 'failed', error: bug });
      expect(branch.records).to.deep.equal(range(0, 50));
      expect(all.records.length).to.be.greaterThan(50);
    });

    it('gives the sinks behind it the record at which a sink failed', async () => {
      const bad: Sink<number> = (records) =>
        records.pipe(map((n) => ({ type: 'delivered', count: throwAt(50)(n) * 0 + 1 }) as const));
      const good = gathering();
      const run = runPipeline(pipeline('fail-within', counting(1e9).source, [bad, good.sink]));
      const result = await run.done;
      expect(result).to.include({ outcome: 'failed', error: bug });
      expect(good.records.length).to.be.greaterThan(50);
      expect(good.records).to.deep.equal(range(0, result.stages[0]!.delivered));
    });

    it('ends for stages that throw when they are put together', async () => {
      const throwing = (): never => {
        throw bug;
      };
      const other = gathering();
      const inSink = await runPipeline(pipeline('fail-made', of(1, 2), [throwing, other.sink])).done;
      expect(inSink).to.include({ outcome: 'failed', error: bug });
      const inOperator = await runPipeline(pipeline('fail-made', of(1), throwing, gathering().sink)).done;
      expect(inOperator).to.include({ outcome: 'failed', error: bug });
      const nothing = (() => undefined) as unknown as Sink<number>;
      const result = await runPipeline(pipeline('fail-made', of(1), nothing)).done;
      expect(result.outcome).to.equal('failed');
      expect(result.error).to.be.instanceOf(TypeError);
    });

    it('ends when closing fails', async () => {
      const sink = sinkOf({
        open: () => Promise.resolve({ write: () => Promise.resolve(), close: () => Promise.reject(bug) }),
      });
      const result = await runPipeline(pipeline('fail-close', of(1), sink)).done;
      expect(result).to.include({ outcome: 'failed', error: bug, abandoned: 0 });
    });

    it('is failed, and not stopped, when the drain of a stop fails', async () => {
      const stop = new AbortController();
      const { sink, nextWrite } = handwritten();
      const run = runPipeline(pipeline('fail-drain', concat(of(1), NEVER), sink), { stop: stop.signal });
      const write = await nextWrite();
      stop.abort();
      write.fail(bug);
      expect(await run.done).to.include({ outcome: 'failed', error: bug, abandoned: 1 });
    });

    it('tells every error, and gives the first', async () => {
      const facts = hear('fail-both');
      const one = handwritten({ name: 'one' });
      const two = handwritten({ name: 'two' });
      const run = runPipeline(pipeline('fail-both', concat(of(1), NEVER), [one.sink, two.sink]));
      (await two.nextWrite()).fail(bug);
      await facts.until('failed');
      const second = new Error('second');
      (await one.nextWrite()).fail(second);
      expect(await run.done).to.include({ outcome: 'failed', error: bug, abandoned: 2 });
      facts.end();
      expect(facts.of('failed').map(({ stage, error }) => [stage, error])).to.deep.equal([
        ['two', bug],
        ['one', second],
      ]);
    });

    it('lets go of the sources that the failed sink held back, so that the others can end', async () => {
      const bad = handwritten({ queue: { capacity: 10 } });
      const good = gathering();
      const facts = hear('fail-full');
      const run = runPipeline(pipeline('fail-full', counting(1e9).source, [bad.sink, good.sink]));
      await facts.until('paused');
      (await bad.nextWrite()).fail(bug);
      const result = await run.done;
      facts.end();
      expect(result).to.include({ outcome: 'failed', error: bug });
      expect(run.paused()).to.equal(false);
      expect(good.records).to.deep.equal(range(0, result.stages[0]!.delivered));
    });
  });

  describe('when it does not drain in time', () => {
    it('abandons what is left, and says how much', async () => {
      const stop = new AbortController();
      const facts = hear('late-write');
      const { sink, nextWrite } = handwritten({ name: 'stuck', queue: { capacity: 10 } });
      const quick = gathering({ name: 'quick' });
      const run = runPipeline(pipeline('late-write', concat(from(range(0, 5)), NEVER), [sink, quick.sink]), {
        stop: stop.signal,
        drainMs: 1,
      });
      await nextWrite();
      stop.abort();
      const result = await run.done;
      facts.end();
      expect(result).to.include({ outcome: 'overdue', abandoned: 5 });
      expect(result).to.not.have.property('error');
      expect(stage(result.stages, 'stuck')).to.include({ received: 5, delivered: 0, inFlight: 5 });
      expect(quick.records).to.deep.equal(range(0, 5));
      expect(facts.of('abandoned')).to.deep.equal([
        { pipeline: 'late-write', stage: '', type: 'abandoned', count: 5 },
      ]);
    });

    it('closes a sink whose write ends after all', async () => {
      const stop = new AbortController();
      const { sink, nextWrite, closed } = handwritten();
      const run = runPipeline(pipeline('late-close', concat(of(1), NEVER), sink), {
        stop: stop.signal,
        drainMs: 1,
      });
      const write = await nextWrite();
      stop.abort();
      expect(await run.done).to.include({ outcome: 'overdue', abandoned: 1 });
      expect(closed()).to.equal(0);
      write.succeed();
      await turns(2);
      expect(closed()).to.equal(1);
      // The books stay true.
      expect(run.stages().at(-1)).to.include({ received: 1, delivered: 1, inFlight: 0 });
    });

    it('does not wait for an operator that never ends', async () => {
      const stop = new AbortController();
      const { source, events } = observed(concat(of(1, 2), NEVER));
      const endless: OperatorFunction<number, number> = (records) => merge(records, NEVER);
      const { sink, records, closed } = gathering();
      const facts = hear('late-operator');
      const run = runPipeline(pipeline('late-operator', source, endless, sink), {
        stop: stop.signal,
        drainMs: 200,
      });
      stop.abort();
      expect(await run.done).to.include({ outcome: 'overdue', abandoned: 0 });
      facts.end();
      await turns(2);
      expect([records, closed(), events]).to.deep.equal([[1, 2], 1, ['opened', 'released']]);
      expect(facts.of('abandoned')).to.deep.equal([]);
    });

    it('keeps the error that came before', async () => {
      const bug = new Error('a bug');
      const bad = handwritten();
      const stuck = handwritten();
      const run = runPipeline(pipeline('late-failed', concat(of(1), NEVER), [bad.sink, stuck.sink]), {
        drainMs: 1,
      });
      (await bad.nextWrite()).fail(bug);
      expect(await run.done).to.include({ outcome: 'overdue', error: bug, abandoned: 2 });
    });

    it('waits for as long as it is told, also for longer than a timer can', async () => {
      const stop = new AbortController();
      const { sink, nextWrite } = handwritten();
      const run = runPipeline(pipeline('late-never', concat(of(1), NEVER), sink), {
        stop: stop.signal,
        drainMs: Infinity,
      });
      const write = await nextWrite();
      stop.abort();
      // A timer that could not wait so long would fire after 1 ms, before this one.
      await new Promise((resolve) => setTimeout(resolve, 5));
      write.succeed();
      expect(await run.done).to.include({ outcome: 'stopped', abandoned: 0 });
    });
  });

  it('runs the same pipeline again from where its source is', async () => {
    const stop = new AbortController();
    const input = counting(20, { perTurn: 1 });
    const { sink, records } = gathering();
    const facts = hear('again');
    const again = pipeline(
      'again',
      input.source,
      tap((n) => {
        if (n === 7) stop.abort();
      }),
      sink,
    );
    expect(await runPipeline(again, { stop: stop.signal }).done).to.include({ outcome: 'stopped' });
    expect(await runPipeline(again).done).to.include({ outcome: 'completed' });
    facts.end();
    expect(records).to.deep.equal(range(0, 20));
  });
});
