import { expect } from 'chai';
import { concat, filter, map, NEVER, of, pipe, Subject, take } from 'rxjs';
import type { MonoTypeOperatorFunction } from 'rxjs';
import { from, pipeline } from '../../src/core/pipeline.ts';
import { runPipeline } from '../../src/core/run.ts';
import type { Run } from '../../src/core/run.ts';
import { gathering } from './sinks.ts';
import { counting, range } from './sources.ts';

/** Keeps what it is shown at a stage from now on. */
function tapped(run: Run, stage?: string): unknown[] {
  const seen: unknown[] = [];
  run.tap((record) => seen.push(record), stage);
  return seen;
}

const even = (): MonoTypeOperatorFunction<number> => filter((n) => n % 2 === 0);

describe('Run.tap', () => {
  it('shows what comes out of a source or operator, and what the sinks are handed', async () => {
    const negative = map((n: number) => -n);
    const run = runPipeline(pipeline('tap-all', counting(4).source, even(), negative, gathering().sink));
    const seen = ['numbers', 'operator-1', 'operator-2', 'sink', undefined].map((stage) =>
      tapped(run, stage),
    );
    await run.done;
    expect(seen).to.deep.equal([
      [0, 1, 2, 3],
      [0, 2],
      [-0, -2],
      [-0, -2],
      [-0, -2],
    ]);
  });

  it('takes a stage by its number in the counters too, and a name before that', async () => {
    const both = from(counting(2).source, of(10, 11));
    const sink = gathering({ name: '1' }).sink;
    const run = runPipeline(pipeline('tap-numbers', both, even(), sink));
    const names = run.stages().map(({ name }) => name);
    expect(names).to.deep.equal(['numbers', 'observable', 'operator-1', '1']);
    const [source, operator, named] = ['2', '3', '1'].map((stage) => tapped(run, stage));
    await run.done;
    // The second source has emitted while it was subscribed, before anybody could look.
    expect({ source, operator, named }).to.deep.equal({ source: [], operator: [0], named: [0] });
  });

  it('shows a record to all who look, until each has had enough, also within a record', async () => {
    const run = runPipeline(pipeline('tap-many', counting(5).source, gathering().sink));
    const [none, some]: [unknown[], unknown[]] = [[], []];
    run.tap((record) => none.push(record))();
    const end = run.tap((record) => {
      some.push(record);
      if (record === 1) end();
    });
    const all = tapped(run);
    await run.done;
    expect({ none, some, all }).to.deep.equal({ none: [], some: [0, 1], all: range(0, 5) });
  });

  it('shows nothing of before and nothing of after', async () => {
    const records = new Subject<number>();
    const run = runPipeline(pipeline('tap-time', records, gathering().sink));
    records.next(1);
    const seen: unknown[] = [];
    const end = run.tap((record) => seen.push(record));
    records.next(2);
    end();
    end();
    records.next(3);
    records.complete();
    await run.done;
    expect(seen).to.deep.equal([2]);
  });

  it('does not let who looks disturb the records', async () => {
    const { sink, records } = gathering();
    const run = runPipeline(pipeline('tap-throws', counting(3).source, sink));
    for (const stage of ['numbers', undefined])
      run.tap(() => {
        throw new Error('not so');
      }, stage);
    const seen = tapped(run);
    const { outcome } = await run.done;
    expect({ outcome, records, seen }).to.deep.equal({
      outcome: 'completed',
      records: range(0, 3),
      seen: range(0, 3),
    });
  });

  it('shows at a sink that has ended nothing, and goes on for the others', async () => {
    const done = gathering({ name: 'first' });
    const run = runPipeline(
      pipeline('tap-ended', counting(4).source, [pipe(take(2), done.sink), gathering({ name: 'all' }).sink]),
    );
    const [branch, all] = [tapped(run, 'sink-1'), tapped(run, 'all')];
    await run.done;
    expect(all).to.deep.equal(range(0, 4));
    expect(branch.slice(0, 2)).to.deep.equal([0, 1]);
  });

  it('names the stages there are where one is asked for that is not', async () => {
    const stop = new AbortController();
    const run = runPipeline(pipeline('tap-wrong', concat(of(1), NEVER), even(), gathering().sink), {
      stop: stop.signal,
    });
    for (const stage of ['nubmers', '0', '4', ''])
      expect(() => run.tap(() => undefined, stage)).to.throw(
        `pipeline tap-wrong has no stage '${stage}': there are 1 observable, 2 operator-1, 3 sink`,
      );
    stop.abort();
    await run.done;
  });
});
