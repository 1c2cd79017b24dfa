import { expect } from 'chai';
import { filter, from, map, merge, mergeMap, of, pipe, take, tap } from 'rxjs';
import type { OperatorFunction } from 'rxjs';
import { audit } from '../../src/core/audit.ts';
import { defineOperator } from '../../src/core/define-operator.ts';
import { defineSource } from '../../src/core/define-source.ts';
import { PipelineError } from '../../src/core/errors.ts';
import { from as fromSources, pipeline } from '../../src/core/pipeline.ts';
import { runPipeline } from '../../src/core/run.ts';
import type { Pipeline, Sink, Source } from '../../src/core/types.ts';
import { hear, stage } from './runs.ts';
import { gathering, handwritten, sinkOf, slow } from './sinks.ts';
import { counting, eager, range } from './sources.ts';

const bug = new Error('a bug');
const away = new PipelineError('SOURCE_UNAVAILABLE', 'away');
const QUICK = { firstMs: 1, maxMs: 2 };
const throwAt = (at: number): OperatorFunction<number, number> =>
  defineOperator<number, number>(function throwing(records) {
    return records.pipe(
      tap((n) => {
        if (n === at) throw bug;
      }),
    );
  });

/** Emits the numbers and counts them as `received` says; says that the rest was repeats or not wanted. */
const countingItself = (numbers: readonly number[], received: number, repeats = 0): Source<number> =>
  defineSource({
    name: 'numbers',
    countsReceived: true,
    open: (_tell, _gate, counts) => {
      counts.received += received;
      counts.deduplicated += repeats;
      return from(numbers);
    },
  });

describe('audit', () => {
  const bounded: Readonly<Record<string, () => Pipeline>> = {
    'records filtered, made and flattened': () =>
      pipeline(
        'audit',
        counting(100).source,
        filter((n: number) => n % 3 > 0),
        mergeMap((n) => range(0, n % 4)),
        map((n: number) => `${n}`),
        gathering<string>().sink,
      ),
    'a source that breaks, and one that rejects': () => {
      let breaks = 3;
      const { source } = counting(100, {
        before: (n) => {
          if (n % 20 === 7 && breaks > 0) {
            breaks -= 1;
            throw away;
          }
        },
      });
      const rejecting = defineSource<number>({
        name: 'rejecting',
        open: (tell) => {
          tell({ type: 'rejected', reason: 'bad', count: 4 });
          return of(1);
        },
      });
      return pipeline('audit', fromSources(source, rejecting), gathering().sink);
    },
    'a source that counts itself': () => pipeline('audit', countingItself([1, 2, 3], 5, 2), gathering().sink),
    'samples conflated by a slow sink': () =>
      pipeline(
        'audit',
        defineSource({ name: 'samples', open: () => counting(3000).source, conflateBy: (n) => `${n % 7}` }),
        slow({ capacity: 20 }).sink,
      ),
    'sinks that drop, reject and pause': () =>
      pipeline('audit', counting(3000).source, [
        slow({ policy: 'drop-oldest', capacity: 20 }).sink,
        slow({ policy: 'drop-newest', capacity: 20 }).sink,
        slow({ capacity: 200 }).sink,
        sinkOf({
          encode: (n) => {
            if (n % 2 === 0) throw bug;
            return n;
          },
        }),
      ]),
    'branches, of which one has enough': () =>
      pipeline('audit', counting(1000).source, [
        pipe(take<number>(3), gathering().sink),
        pipe(
          filter((n: number) => n > 500),
          gathering().sink,
        ),
        gathering().sink,
      ]),
    'sinks that all have enough, at different records': () =>
      pipeline('audit', counting(1e9).source, [
        pipe(take<number>(5), gathering().sink),
        pipe(take<number>(3), gathering().sink),
      ]),
    'an operator that has enough': () =>
      pipeline('audit', fromSources(eager(Infinity).source, counting(9).source), take(3), gathering().sink),
    'a sink made of two': () => {
      const [a, b] = [gathering().sink, gathering().sink];
      return pipeline('audit', counting(100).source, (records) => merge(a(records), b(records)));
    },
    'a sink without a ledger behind a filter': () =>
      pipeline('audit', counting(100).source, (records) =>
        records.pipe(
          filter((n) => n % 2 === 0),
          map(() => ({ type: 'delivered', count: 1 })),
        ),
      ),
    'an operator that fails': () => pipeline('audit', counting(100).source, throwAt(50), gathering().sink),
    'a branch that fails beside a sink that goes on': () =>
      pipeline('audit', counting(100).source, [pipe(throwAt(50), gathering().sink), gathering().sink]),
    'a sink that fails beside one that goes on': () =>
      pipeline('audit', counting(1000).source, [
        gathering({ before: () => Promise.reject(bug) }).sink,
        slow({}).sink,
      ]),
  };
  for (const [what, make] of Object.entries(bounded))
    it(`finds nothing with ${what}`, async () => {
      const { stages } = await runPipeline(make(), { backoff: QUICK }).done;
      expect(audit(stages), JSON.stringify(stages, null, 1)).to.deep.equal([]);
      expect(stages.at(-1)!.received).to.be.greaterThan(0);
    });

  it('finds nothing after a stop with full sinks, drained or overdue', async () => {
    for (const drainMs of [1, 10_000]) {
      const stop = new AbortController();
      const facts = hear('audit-stop');
      const full = drainMs === 1 ? handwritten({ queue: { capacity: 10 } }) : slow({ capacity: 10 });
      const run = runPipeline(pipeline('audit-stop', counting(1e9).source, [full.sink, gathering().sink]), {
        stop: stop.signal,
        drainMs,
      });
      await facts.until('paused');
      stop.abort();
      const { outcome, stages } = await run.done;
      facts.end();
      expect(outcome).to.equal(drainMs === 1 ? 'overdue' : 'stopped');
      expect(audit(stages)).to.deep.equal([]);
    }
  });

  it('leaves nothing in flight in a branch without a ledger that has ended', async () => {
    const quiet: Sink<number> = (records) =>
      records.pipe(
        filter((n) => n < 10),
        map(() => ({ type: 'delivered', count: 1 })),
      );
    const result = await runPipeline(pipeline('audit-branch', counting(100).source, quiet)).done;
    expect(result).to.include({ outcome: 'completed', abandoned: 0 });
    expect(stage(result.stages, 'quiet')).to.include({
      received: 100,
      delivered: 10,
      filtered: 90,
      inFlight: 0,
    });
  });

  it('takes what still came for a branch that had failed for dropped', async () => {
    const failing = pipe(throwAt(49), gathering().sink);
    const { stages } = await runPipeline(
      pipeline('audit-failed', counting(100, { perTurn: 100 }).source, [failing, gathering().sink]),
    ).done;
    expect(stages[1]).to.deep.include({ received: 100, delivered: 49, filtered: 1, dropped: { failed: 50 } });
  });

  describe('finds', () => {
    const found = async (flawed: Pipeline): Promise<unknown> =>
      audit((await runPipeline(flawed).done).stages);

    it('what a source received and neither emitted nor counted', async () => {
      const flawed = pipeline('audit-source', countingItself([1, 2, 3], 5, 1), gathering().sink);
      expect(await found(flawed)).to.deep.equal([{ where: 'numbers', missing: 1 }]);
    });

    it('what a source emitted and never received', async () => {
      const flawed = pipeline('audit-made', countingItself([1, 2, 3], 2), gathering().sink);
      expect(await found(flawed)).to.deep.equal([{ where: 'numbers', missing: -1 }]);
    });

    it('what an operator that counts has lost, and which one', async () => {
      const leaky = defineOperator<number, number>(function leaky(records) {
        return records.pipe(filter((n) => n !== 7));
      });
      const flawed = pipeline('audit-operator', counting(10).source, take(10), leaky, gathering().sink);
      expect(await found(flawed)).to.deep.equal([{ where: 'leaky', missing: 1 }]);
    });

    it('what came between two stages', () => {
      const stages = [
        ...['numbers', 'more'].map((name) => ({ kind: 'source', name, received: 5, delivered: 5 }) as const),
        { kind: 'operator', name: 'half', received: 9, delivered: 9 } as const,
        ...['a', 'b'].map((name) => ({ kind: 'sink', name, received: 9, delivered: 9 }) as const),
      ].map((counters) => ({
        ...counters,
        ...{ added: 0, filtered: 0, deduplicated: 0, aggregated: 0, rejected: {}, dropped: {}, inFlight: 0 },
        ...{ exact: true, retries: 0, targets: [] },
      }));
      expect(audit(stages)).to.deep.equal([{ where: 'numbers, more → half', missing: 1 }]);
      const twice = stages.map((one) => (one.name === 'b' ? { ...one, received: 11, delivered: 11 } : one));
      expect(audit(twice)).to.deep.include({ where: 'half → b', missing: -2 });
    });
  });
});
