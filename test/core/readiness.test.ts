import { expect } from 'chai';
import { ignoreElements, NEVER, of, Subject } from 'rxjs';
import type { Books } from '../../src/core/books.ts';
import { openBooks } from '../../src/core/books.ts';
import { defineSource } from '../../src/core/define-source.ts';
import type { Tell } from '../../src/core/define-source.ts';
import { PipelineError } from '../../src/core/errors.ts';
import { from, pipeline } from '../../src/core/pipeline.ts';
import { hindrances, isConnected } from '../../src/core/readiness.ts';
import { runPipeline } from '../../src/core/run.ts';
import { booksOfRuns } from '../../src/core/running.ts';
import { withShared } from '../../src/core/shared.ts';
import type { Source } from '../../src/core/types.ts';
import { sinkOf, turns } from './sinks.ts';

const books = (): Books =>
  openBooks(
    pipeline('ready', from(defineSource({ name: 'engine', open: () => NEVER }), of(1)), [
      sinkOf({ name: 'file' }),
      ignoreElements(),
    ]),
  );

describe('hindrances', () => {
  const [engine, file] = [0, 0];
  /** Books of a run where all is well. */
  const well = (): Books => {
    const ready = books();
    ready.sources[engine]!.connects = 1;
    ready.sinks[file]!.ledgers.push({} as never);
    ready.sinks[file]!.opened = 1;
    return ready;
  };
  const after = (change: (books: Books) => void): readonly string[] => {
    const changed = well();
    change(changed);
    return hindrances(changed);
  };

  it('are none where sources are connected and sinks open', () =>
    expect(after(() => undefined)).to.deep.equal([]));

  it('are sources that are not connected yet, or not any more', () => {
    expect(after(({ sources }) => (sources[engine]!.connects = 0))).to.deep.equal([
      'engine is not connected',
    ]);
    expect(after(({ sources }) => (sources[engine]!.away = true))).to.deep.equal(['engine is not connected']);
    expect(after(({ sources }) => (sources[1]!.away = true))).to.deep.equal(['observable is not connected']);
  });

  it('are no sources that have come to their end', () => {
    expect(
      after(({ sources }) => Object.assign(sources[engine]!, { away: true, ended: true })),
    ).to.deep.equal([]);
  });

  it('are sinks that are not open, try again or stand still', () => {
    expect(after(({ sinks }) => (sinks[file]!.opened = 0))).to.deep.equal(['file has not opened']);
    expect(after(({ sinks }) => (sinks[file]!.retryMs = 5))).to.deep.equal(['file waits to try again']);
    expect(after(({ sinks }) => (sinks[file]!.stalled = true))).to.deep.equal(['file is stalled']);
    expect(
      after(({ sinks }) => Object.assign(sinks[file]!, { end: 'completed', opened: 0, stalled: true })),
    ).to.deep.equal([]);
  });

  it('are a failure and a stop, whatever else there is, but no end', () => {
    const within = (state: Books['state']): readonly string[] => after((books) => (books.state = state));
    expect(within('failed')).to.deep.equal(['it has failed']);
    expect(within('overdue')).to.deep.equal(['it has failed']);
    expect(within('draining')).to.deep.equal(['it has been stopped']);
    expect(within('stopped')).to.deep.equal(['it has been stopped']);
    expect(within('completed')).to.deep.equal([]);
  });
});

describe('isConnected', () => {
  /** A source that the test plays. */
  function played(): {
    source: Source<unknown>;
    tell: () => Tell;
    records: () => Subject<unknown>;
    subscriptions: () => number;
  } {
    let tell!: Tell;
    let records!: Subject<unknown>;
    let subscriptions = 0;
    const source = defineSource({
      name: 'played',
      open: (heard) => {
        tell = heard;
        subscriptions += 1;
        return (records = new Subject<unknown>());
      },
    });
    return { source, tell: () => tell, records: () => records, subscriptions: () => subscriptions };
  }
  const connected = { type: 'connected', to: 'here', simulated: false } as const;

  it('follows a source through losses and returns, each as it is told', () =>
    withShared(async () => {
      const { source, tell, records, subscriptions } = played();
      const stop = new AbortController();
      const run = runPipeline(pipeline('ready-played', source, sinkOf<unknown>()), {
        stop: stop.signal,
        backoff: { firstMs: 1, maxMs: 1 },
      });
      const own = booksOfRuns().get('ready-played')!.sources[0]!;
      const now = (): readonly unknown[] => [isConnected(own), own.connects, own.retries];
      expect(now()).to.deep.equal([false, 0, 0]);
      tell()(connected);
      expect(now()).to.deep.equal([true, 1, 0]);

      records().error(new PipelineError('SOURCE_UNAVAILABLE', 'away'));
      expect(now()).to.deep.equal([false, 1, 1]);
      while (subscriptions() < 2) await turns(1);
      expect(now()).to.deep.equal([false, 1, 1]);
      tell()(connected);
      expect(now()).to.deep.equal([true, 2, 1]);

      // It tries again by itself.
      tell()({ type: 'retrying', error: new Error('away'), attempt: 1, delayMs: 1 });
      expect(now()).to.deep.equal([false, 2, 2]);
      records().next({ kept: 'from before' });
      expect(now()).to.deep.equal([false, 2, 2]);
      tell()({ type: 'recovered' });
      expect(now()).to.deep.equal([true, 2, 2]);

      records().error(new PipelineError('SOURCE_UNAVAILABLE', 'away'));
      while (subscriptions() < 3) await turns(1);
      expect(now()).to.deep.equal([false, 2, 3]);
      // A record is proof as well.
      records().next({});
      expect(now()).to.deep.equal([true, 2, 3]);
      stop.abort();
      await run.done;
      expect(now()).to.deep.equal([false, 2, 3]);
    }));

  it('takes a source that has only emitted for connected', () =>
    withShared(async () => {
      const { source, records } = played();
      const stop = new AbortController();
      const run = runPipeline(pipeline('ready-silent', source, sinkOf<unknown>()), { stop: stop.signal });
      const own = booksOfRuns().get('ready-silent')!.sources[0]!;
      expect(isConnected(own)).to.equal(false);
      records().next({});
      expect(isConnected(own)).to.equal(true);
      stop.abort();
      await run.done;
    }));

  it('counts the gaps of a source by reason, and keeps the time of its newest record', () =>
    withShared(async () => {
      const gap = (reason: string, atLeast: number, time: string): object => ({
        kind: 'gap',
        type: 'gap',
        reason,
        atLeast,
        time,
      });
      const records = [
        { time: '2026-01-01T00:00:00Z' },
        gap('history-overrun', 3, '2026-01-01T00:00:01Z'),
        gap('history-overrun', 0, '2026-01-01T00:00:02Z'),
        gap('engine-restarted', 1, '2026-01-01T00:00:03.123456789Z'),
        { time: 5 },
        'a text',
        undefined,
        null,
      ];
      await runPipeline(pipeline('ready-gaps', of(...records), sinkOf<unknown>({ encode: () => '' }))).done;
      const own = booksOfRuns().get('ready-gaps')!.sources[0]!;
      expect([...own.gaps]).to.deep.equal([
        ['history-overrun', { count: 2, missing: 3 }],
        ['engine-restarted', { count: 1, missing: 1 }],
      ]);
      expect(own.newestTime).to.equal('2026-01-01T00:00:03.123456789Z');
    }));
});
