import { getEventListeners } from 'node:events';
import { hasSubscribers } from 'node:diagnostics_channel';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect } from 'chai';
import { concat, map, merge, NEVER, Observable, of, throwError } from 'rxjs';
import { defineSource } from '../../src/core/define-source.ts';
import { PipelineError } from '../../src/core/errors.ts';
import { from as fromSources, pipeline } from '../../src/core/pipeline.ts';
import { runPipeline } from '../../src/core/run.ts';
import type { RunResult } from '../../src/core/run.ts';
import type { Pipeline } from '../../src/core/types.ts';
import { released, resources } from '../contracts/resources.ts';
import { hear } from './runs.ts';
import { gathering, sinkOf, slow, turns } from './sinks.ts';
import { counting, range } from './sources.ts';

const away = new PipelineError('SOURCE_UNAVAILABLE', 'away');
const full = new PipelineError('SINK_UNAVAILABLE', 'full');
const bug = new Error('a bug');
const LONG = { firstMs: 2 ** 30, maxMs: 2 ** 30 };

/** Ways in which a run can end, each with what it makes busy before. */
const endings: Readonly<
  Record<
    string,
    {
      readonly make: (name: string) => Pipeline;
      readonly stopAt?: 'retrying' | 'paused' | 'opened';
      readonly outcome: RunResult['outcome'];
    }
  >
> = {
  'its sources ended': {
    make: (name) => pipeline(name, counting(100).source, gathering().sink),
    outcome: 'completed',
  },
  'it was stopped': {
    make: (name) =>
      pipeline(name, merge(counting(1e9).source, NEVER), slow({ policy: 'drop-oldest', capacity: 50 }).sink),
    stopAt: 'opened',
    outcome: 'stopped',
  },
  'it was stopped while it was paused': {
    make: (name) => pipeline(name, counting(1e9).source, slow({ capacity: 50 }).sink),
    stopAt: 'paused',
    outcome: 'stopped',
  },
  'it was stopped while a source was away': {
    make: (name) =>
      pipeline(
        name,
        fromSources(
          throwError(() => away),
          NEVER,
        ),
        gathering().sink,
      ),
    stopAt: 'retrying',
    outcome: 'stopped',
  },
  'a source failed': {
    make: (name) =>
      pipeline(
        name,
        fromSources(
          counting(1e9).source,
          throwError(() => bug),
        ),
        gathering().sink,
      ),
    outcome: 'failed',
  },
  'an operator failed': {
    make: (name) =>
      pipeline(
        name,
        counting(1e9).source,
        map((): number => {
          throw bug;
        }),
        gathering().sink,
      ),
    outcome: 'failed',
  },
  'a sink failed': {
    make: (name) =>
      pipeline(name, counting(1e9).source, [
        gathering({ before: () => Promise.reject(bug) }).sink,
        gathering({ queue: { capacity: 10 } }).sink,
      ]),
    outcome: 'failed',
  },
  'one sink failed after the other': {
    make: (name) =>
      pipeline(name, concat(of(1), NEVER), [
        gathering({ before: () => Promise.reject(bug) }).sink,
        gathering({ before: () => turns(5).then(() => Promise.reject(bug)) }).sink,
      ]),
    outcome: 'failed',
  },
  'it was overdue, with a sink that is away': {
    make: (name) =>
      pipeline(
        name,
        concat(of(1), NEVER),
        gathering({ backoff: LONG, before: () => Promise.reject(full) }).sink,
      ),
    stopAt: 'retrying',
    outcome: 'overdue',
  },
  'it was overdue, with a sink that cannot open': {
    make: (name) =>
      pipeline(name, concat(of(1), NEVER), sinkOf({ backoff: LONG, open: () => Promise.reject(full) })),
    stopAt: 'retrying',
    outcome: 'overdue',
  },
  'it was overdue, with a batch that waits for more': {
    make: (name) =>
      pipeline(
        name,
        concat(of(1), NEVER),
        (records) => merge(records, NEVER),
        gathering({ batch: { bytes: 1e6, lingerMs: 2 ** 30 } }).sink,
      ),
    stopAt: 'opened',
    outcome: 'overdue',
  },
};

describe('runPipeline leaves nothing behind', () => {
  for (const [title, { make, stopAt, outcome }] of Object.entries(endings))
    it(`when ${title}`, async () => {
      const before = await resources();
      const heardBefore = hasSubscribers('dockrx:fact');
      const stop = new AbortController();
      const facts = hear('release');
      const run = runPipeline(make('release'), {
        stop: stop.signal,
        backoff: LONG,
        ...(outcome === 'overdue' ? { drainMs: 5 } : {}),
      });
      expect(getEventListeners(stop.signal, 'abort')).to.have.length(1);
      if (stopAt !== undefined) {
        await facts.until(stopAt);
        await turns(3);
        stop.abort();
      }
      expect(await run.done).to.include({ outcome });
      facts.end();
      expect(getEventListeners(stop.signal, 'abort')).to.deep.equal([]);
      expect(hasSubscribers('dockrx:fact')).to.equal(heardBefore);
      await released(before);
    });

  it('serves many runs by one signal, without a warning and without a listener left', async () => {
    const stop = new AbortController();
    const warnings: Error[] = [];
    const warned = (warning: Error): unknown => warnings.push(warning);
    process.on('warning', warned);
    const runs = range(0, 50).map((n) =>
      runPipeline(pipeline(`many-${n}`, concat(of(n), NEVER), gathering().sink), { stop: stop.signal }),
    );
    expect(getEventListeners(stop.signal, 'abort')).to.have.length(50);
    stop.abort();
    const results = await Promise.all(runs.map(({ done }) => done));
    await turns(2);
    process.off('warning', warned);
    expect(results.every(({ outcome }) => outcome === 'stopped')).to.equal(true);
    expect(warnings).to.deep.equal([]);
    expect(getEventListeners(stop.signal, 'abort')).to.deep.equal([]);
  });

  it('closes each connection of a source that is opened a thousand times', async () => {
    let open = 0;
    let most = 0;
    let left = 1000;
    const source = defineSource<number>({
      name: 'flapping',
      open: () =>
        new Observable((out) => {
          open += 1;
          most = Math.max(most, open);
          left -= 1;
          out.next(left);
          if (left === 0) out.complete();
          else setImmediate(() => out.error(away));
          return () => {
            open -= 1;
          };
        }),
    });
    const { sink, records } = gathering();
    const run = runPipeline(pipeline('flapping', source, sink), { backoff: { firstMs: 0, maxMs: 0 } });
    expect(await run.done).to.include({ outcome: 'completed' });
    expect([open, most, records.length]).to.deep.equal([0, 1, 1000]);
  });

  it('is over also when the release of a source throws', async () => {
    const stop = new AbortController();
    const source = new Observable<number>(() => () => {
      throw bug;
    });
    const { sink, closed } = gathering();
    const run = runPipeline(pipeline('release-throws', source, sink), { stop: stop.signal });
    stop.abort();
    expect(await run.done).to.include({ outcome: 'stopped' });
    expect(closed()).to.equal(1);
  });

  it('holds on to no record that it has delivered', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const records: WeakRef<object>[] = [];
    const source = counting(10_000).source.pipe(
      map((n) => {
        const record = { n };
        records.push(new WeakRef(record));
        return record;
      }),
    );
    const stop = new AbortController();
    const run = runPipeline(pipeline('release-records', concat(source, NEVER), sinkOf<object>()), {
      stop: stop.signal,
    });
    while (run.stages().at(-1)!.delivered < 10_000) await turns(1);
    await turns(2);
    collect();
    expect(records.filter((record) => record.deref() !== undefined)).to.deep.equal([]);
    stop.abort();
    await run.done;
  });
});
