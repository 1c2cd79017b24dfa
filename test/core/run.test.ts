import { expect } from 'chai';
import { getEventListeners } from 'node:events';
import { setImmediate as turn } from 'node:timers/promises';
import {
  bufferCount,
  concat,
  EMPTY,
  interval,
  map,
  merge,
  NEVER,
  Observable,
  of,
  Subject,
  throwError,
} from 'rxjs';
import { defineSource } from '../../src/core/define-source.ts';
import { PipelineError } from '../../src/core/errors.ts';
import { onFact } from '../../src/core/facts.ts';
import type { Fact } from '../../src/core/facts.ts';
import { from, pipeline } from '../../src/core/pipeline.ts';
import { queued } from '../../src/core/queued.ts';
import { runPipeline } from '../../src/core/run.ts';
import type { Sink } from '../../src/core/types.ts';
import { missing, numbers, slowSink } from './support.ts';

const backoff = { firstMs: 1, maxMs: 4 };
const away = (): PipelineError => new PipelineError('SOURCE_UNAVAILABLE', 'the engine is away');

/** A sink into a list, at once. */
function collecting(): {
  readonly sink: Sink<unknown>;
  readonly records: unknown[];
  readonly closed: () => number;
} {
  const records: unknown[] = [];
  let closed = 0;
  const sink = queued<unknown, unknown>({
    name: 'collecting',
    target: 'memory',
    encode: (record) => record,
    sizeOf: () => 1,
    batch: { bytes: 1, lingerMs: 0 },
    open: () =>
      Promise.resolve({
        write: (batch) => Promise.resolve(void records.push(...batch)),
        close: () => Promise.resolve(void (closed += 1)),
      }),
  });
  return { sink, records, closed: () => closed };
}

/** Emits a number a subscription and fails with what is given. */
function failing(error: (subscription: number) => unknown): Observable<number> {
  let subscriptions = 0;
  return defineSource({
    name: 'failing',
    open: () =>
      new Observable<number>((out) => {
        subscriptions += 1;
        out.next(subscriptions);
        const failure = error(subscriptions);
        if (failure === undefined) out.complete();
        else out.error(failure);
      }),
  });
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await turn();
}

describe('runPipeline', () => {
  let facts: Fact[];
  let unhear: () => void;
  beforeEach(() => {
    facts = [];
    unhear = onFact((fact) => facts.push(fact));
  });
  afterEach(() => unhear());

  it('completes when its sources do, delivers all, closes the sink once', async () => {
    const { sink, records, closed } = collecting();
    const result = await runPipeline(
      pipeline(
        'p',
        of(1, 2, 3),
        map((n) => n * 2),
        sink,
      ),
    ).done;
    expect(result).to.include({ outcome: 'completed', abandoned: 0 });
    expect(records).to.deep.equal([2, 4, 6]);
    expect(closed()).to.equal(1);
    expect(result.stages.map(({ kind, received, delivered }) => [kind, received, delivered])).to.deep.equal([
      ['source', 3, 3],
      ['operator', 3, 3],
      ['sink', 3, 3],
    ]);
  });

  it('opens a source again after each retryable error, and says so', async () => {
    const { sink, records } = collecting();
    const source = failing((n) => (n < 5 ? away() : undefined));
    const { outcome, stages } = await runPipeline(pipeline('p', source, sink), { backoff }).done;
    expect(outcome).to.equal('completed');
    expect(records).to.deep.equal([1, 2, 3, 4, 5]);
    expect(stages[0]!.retries).to.equal(4);
    const retries = facts.filter((fact) => fact.type === 'retrying');
    expect(retries).to.have.length(4);
    // It had delivered before each failure: so the delays begin anew.
    expect(retries.map(({ attempt }) => attempt)).to.deep.equal([1, 1, 1, 1]);
    expect(retries.every(({ pipeline: name, stage }) => name === 'p' && stage === 'failing')).to.equal(true);
  });

  it('waits longer with each failure in a row, up to the cap', async () => {
    let subscriptions = 0;
    const source = defineSource({
      name: 'down',
      open: () => {
        subscriptions += 1;
        return subscriptions < 12 ? throwError(away) : EMPTY;
      },
    });
    await runPipeline(pipeline('p', source, collecting().sink), { backoff: { firstMs: 1, maxMs: 8 } }).done;
    const delays = facts.flatMap((fact) => (fact.type === 'retrying' ? [[fact.attempt, fact.delayMs]] : []));
    expect(delays.map(([attempt]) => attempt)).to.deep.equal([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    for (const [attempt = 0, delayMs = 0] of delays) {
      const step = Math.min(8, 2 ** (attempt - 1));
      expect(delayMs).to.be.within(Math.floor(step / 2), step);
    }
  });

  for (const [what, make] of [
    [
      'a source',
      () =>
        pipeline(
          'p',
          merge(
            of(1),
            throwError(() => new Error('broken')),
          ),
          collecting().sink,
        ),
    ],
    [
      'an operator',
      () =>
        pipeline(
          'p',
          of(1),
          map((): number => {
            throw new Error('broken');
          }),
          collecting().sink,
        ),
    ],
    [
      'a refusal',
      () =>
        pipeline(
          'p',
          throwError(() => new PipelineError('SOURCE_REFUSED', 'broken')),
          collecting().sink,
        ),
    ],
  ] as const)
    it(`fails with the error of ${what}, once`, async () => {
      const { outcome, error } = await runPipeline(make(), { backoff }).done;
      expect(outcome).to.equal('failed');
      expect(error).to.be.an('error').with.property('message', 'broken');
      expect(facts.filter(({ type }) => type === 'failed')).to.have.length(1);
    });

  it('drains the other sinks when one fails, and stops the sources', async () => {
    const broken = queued<number, number>({
      name: 'broken',
      target: 'nowhere',
      encode: (record) => record,
      sizeOf: () => 1,
      open: () => Promise.reject(new Error('no such place')),
    });
    const { sink, written } = slowSink(1, {});
    const released: string[] = [];
    const source = new Observable<number>((out) => {
      [1, 2, 3, 4, 5].forEach((n) => out.next(n));
      return () => released.push('source');
    });
    const { outcome, error, stages } = await runPipeline(pipeline('p', source, [broken, sink])).done;
    expect(outcome).to.equal('failed');
    expect(error).to.have.property('message', 'no such place');
    expect(written).to.deep.equal([1, 2, 3, 4, 5]);
    expect(released).to.deep.equal(['source']);
    for (const stage of stages) expect(missing(stage), stage.name).to.equal(0);
  });

  it('survives a sink that fails while it is being fed', async () => {
    const sink: Sink<number> = (records) =>
      records.pipe(
        map(() => {
          throw new Error('sink is broken');
        }),
      );
    const other = collecting();
    const { outcome } = await runPipeline(pipeline('p', of(1, 2, 3), [sink, other.sink])).done;
    expect(outcome).to.equal('failed');
    expect(other.closed()).to.equal(1);
  });

  it('stops at a signal: the source is released, windows flush, the queue drains', async () => {
    const stop = new AbortController();
    const input = new Subject<number>();
    const { sink, records } = collecting();
    const run = runPipeline(pipeline('p', concat(of(1, 2, 3), input), bufferCount(2), sink), {
      stop: stop.signal,
    });
    await until(() => records.length === 1);
    stop.abort();
    const { outcome } = await run.done;
    expect(outcome).to.equal('stopped');
    expect(records).to.deep.equal([[1, 2], [3]]);
    expect(input.observed).to.equal(false);
    expect(getEventListeners(stop.signal, 'abort')).to.have.length(0);
  });

  it('ends at once when it was stopped before it began', async () => {
    const { outcome } = await runPipeline(pipeline('p', NEVER, collecting().sink), {
      stop: AbortSignal.abort(),
    }).done;
    expect(outcome).to.equal('stopped');
  });

  it('stops while a source waits to be tried again', async () => {
    const stop = new AbortController();
    const run = runPipeline(pipeline('p', throwError(away), collecting().sink), {
      stop: stop.signal,
      backoff: { firstMs: 3_600_000, maxMs: 3_600_000 },
    });
    await until(() => run.stages()[0]!.retries === 1);
    stop.abort();
    expect((await run.done).outcome).to.equal('stopped');
  });

  it('abandons what a sink has not delivered by the deadline, and says how much', async () => {
    const stuck = queued<number, number>({
      name: 'stuck',
      target: 'nowhere',
      encode: (record) => record,
      sizeOf: () => 1,
      open: () =>
        Promise.resolve({ write: () => new Promise(() => undefined), close: () => Promise.resolve() }),
    });
    const stop = new AbortController();
    const run = runPipeline(pipeline('p', merge(of(1, 2, 3), NEVER), stuck), {
      stop: stop.signal,
      drainMs: 20,
    });
    stop.abort();
    const { outcome, abandoned } = await run.done;
    expect({ outcome, abandoned }).to.deep.equal({ outcome: 'overdue', abandoned: 3 });
    expect(facts.find(({ type }) => type === 'abandoned')).to.include({ count: 3 });
  });

  it('does not wait for ever for an operator that never completes', async () => {
    const stop = new AbortController();
    const endless = (records: Observable<number>): Observable<number> => merge(records, interval(1000));
    const run = runPipeline(pipeline('p', of(1), endless, collecting().sink), {
      stop: stop.signal,
      drainMs: 20,
    });
    stop.abort();
    expect((await run.done).outcome).to.equal('overdue');
  });

  it('writes the same batch again after a retryable error, nothing lost or doubled', async () => {
    const written: number[] = [];
    let attempts = 0;
    const sink = queued<number, number>({
      name: 'flaky',
      target: 'memory',
      encode: (record) => record,
      sizeOf: () => 1,
      batch: { bytes: 10, lingerMs: 0 },
      backoff,
      open: () =>
        Promise.resolve({
          write: (batch) => {
            attempts += 1;
            if (attempts % 3 !== 0)
              return Promise.reject(new PipelineError('SINK_UNAVAILABLE', 'the disk is full'));
            return Promise.resolve(void written.push(...batch));
          },
          close: () => Promise.resolve(),
        }),
    });
    const { stages } = await runPipeline(pipeline('p', numbers(100, 10), sink)).done;
    expect(written).to.deep.equal(Array.from({ length: 100 }, (_, i) => i));
    expect(stages.at(-1)!.retries).to.be.above(0);
    expect(facts.some(({ type }) => type === 'recovered')).to.equal(true);
  });

  it('keeps the newest sample of each key while a sink is full, and counts those replaced', async () => {
    const input = new Subject<readonly [string, number]>();
    const source = defineSource({ name: 'samples', open: () => input, conflateBy: ([key]) => key });
    let release = (): void => undefined;
    const written: unknown[] = [];
    const sink = queued<readonly [string, number], unknown>({
      name: 'held',
      target: 'memory',
      queue: { capacity: 2 },
      encode: (record) => record,
      sizeOf: () => 1,
      batch: { bytes: 1, lingerMs: 0 },
      open: () =>
        Promise.resolve({
          write: async (batch) => {
            await new Promise<void>((resolve) => (release = resolve));
            written.push(...batch);
          },
          close: () => Promise.resolve(),
        }),
    });
    const run = runPipeline(pipeline('p', source, sink));
    await turn();
    input.next(['a', 1]);
    input.next(['b', 1]);
    expect(run.paused()).to.equal(true);
    for (const n of [2, 3, 4]) {
      input.next(['a', n]);
      input.next(['b', n]);
    }
    expect(run.stages()[0]).to.deep.include({
      received: 8,
      delivered: 2,
      dropped: { conflated: 4 },
      inFlight: 2,
    });
    input.complete();
    const state = { over: false };
    void run.done.then(() => (state.over = true));
    while (!state.over) {
      release();
      await turn();
    }
    expect(written.slice(0, 2)).to.deep.equal([
      ['a', 1],
      ['b', 1],
    ]);
    for (const stage of run.stages()) expect(missing(stage), stage.name).to.equal(0);
  });

  it('tells rejected records of a source to the pipeline that reads it, and of no other', async () => {
    const source = (name: string): Observable<number> =>
      defineSource({
        name: 'picky',
        open: (tell) => {
          if (name === 'one') tell({ type: 'rejected', reason: 'invalid-json', count: 2 });
          return of(1);
        },
      });
    const runs = ['one', 'two'].map((name) => runPipeline(pipeline(name, source(name), collecting().sink)));
    const [one, two] = await Promise.all(runs.map(({ done }) => done));
    expect(one!.stages[0]).to.deep.include({ received: 3, delivered: 1, rejected: { 'invalid-json': 2 } });
    expect(two!.stages[0]).to.deep.include({ received: 1, delivered: 1, rejected: {} });
  });

  it('supervises each of several sources on its own, nested ones too', async () => {
    const { sink, records } = collecting();
    const flaky = failing((n) => (n < 3 ? away() : undefined));
    const all = from(of('a'), from(flaky, of('b')));
    const { stages } = await runPipeline(pipeline('p', all, sink), { backoff }).done;
    expect(stages.filter(({ kind }) => kind === 'source').map(({ retries }) => retries)).to.deep.equal([
      0, 2, 0,
    ]);
    expect(records).to.have.members(['a', 'b', 1, 2, 3]);
  });

  it('rejects records that cannot be encoded, and delivers the others', async () => {
    const sink = queued<number, number>({
      name: 'picky',
      target: 'memory',
      encode: (record) => {
        if (record === 2) throw new TypeError('not two');
        return record;
      },
      sizeOf: () => 1,
      open: () => Promise.resolve({ write: () => Promise.resolve(), close: () => Promise.resolve() }),
    });
    const { stages } = await runPipeline(pipeline('p', of(1, 2, 3), sink)).done;
    expect(stages.at(-1)).to.deep.include({ received: 3, delivered: 2, rejected: { unencodable: 1 } });
  });
});
