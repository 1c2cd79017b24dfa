import { expect } from 'chai';
import fc from 'fast-check';
import { from, Subject, take, type Observable } from 'rxjs';
import { audit } from '../../src/core/audit.ts';
import { PipelineError } from '../../src/core/errors.ts';
import { pipeline } from '../../src/core/pipeline.ts';
import { runPipeline } from '../../src/core/run.ts';
import { countBy, type Counted, type WindowCount } from '../../src/operators/count-by.ts';
import { operatorContract } from '../contracts/operator-contract.ts';
import { sinkOf } from '../core/sinks.ts';
import { marbles } from '../marbles.ts';

interface Event {
  readonly time: string;
  readonly action: string;
}

const at = (second: number, action = 'start'): Event => ({
  time: new Date(second * 1000).toISOString(),
  action,
});
const labels = ({ action }: Event): { action: string } => ({ action });

operatorContract('countBy', {
  make: () => countBy({ labels }),
  input: { a: at(0, 'start'), b: at(0, 'die'), c: at(0, 'oom') },
  output: {
    a: { labels: { action: 'start' }, count: 1 },
    b: { labels: { action: 'die' }, count: 1 },
    c: { labels: { action: 'oom' }, count: 1 },
  },
});

function all<R>(source: Observable<R>): R[] {
  const out: R[] = [];
  source.subscribe((record) => out.push(record));
  return out;
}

describe('countBy', () => {
  it(
    'tells the total of its series for each record',
    marbles(({ hot, expectObservable }) => {
      const values = { s: at(0, 'start'), d: at(0, 'die') };
      expectObservable(hot('-s-(sd)-s-|', values).pipe(countBy({ labels }))).toBe('-a-(bc)-d-|', {
        a: { labels: { action: 'start' }, count: 1 },
        b: { labels: { action: 'start' }, count: 2 },
        c: { labels: { action: 'die' }, count: 1 },
        d: { labels: { action: 'start' }, count: 3 },
      });
    }),
  );

  it(
    'counts anew with each subscription',
    marbles(({ cold, expectObservable }) => {
      const counted = cold('ss|', { s: at(0) }).pipe(countBy({ labels }));
      const expected = {
        a: { labels: { action: 'start' }, count: 1 },
        b: { labels: { action: 'start' }, count: 2 },
      };
      expectObservable(counted).toBe('ab|', expected);
      expectObservable(counted, '----^').toBe('----ab|', expected);
    }),
  );

  it(
    'fails when the labels cannot be told',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold<Event>('-s-|', { s: at(0) });
      const failing = (): { action: string } => {
        throw new Error('no labels');
      };
      expectObservable(source.pipe(countBy({ labels: failing }))).toBe(
        '-#',
        undefined,
        new Error('no labels'),
      );
      expectSubscriptions(source.subscriptions).toBe('^!');
    }),
  );

  it('tells series apart by names and values, not by the order of the names', () => {
    const records = [
      { a: 1, b: 2 },
      { b: 2, a: 1 },
      { a: '1', b: 2 },
      { a: 1, b: true },
      { a: 1 },
      { a: 1, c: 2 },
    ];
    const counts = all(
      from(records).pipe(countBy({ labels: (record) => record as Record<string, string | number> })),
    );
    expect(counts.map(({ count }) => count)).to.deep.equal([1, 2, 1, 1, 1, 1]);
  });

  it('counts together, and marks, what there is no room for', () => {
    const records = ['a', 'b', 'c', 'd', 'a', 'c'].map((action) => at(0, action));
    const counts = all(from(records).pipe(countBy({ labels, maxSeries: 2 })));
    const other = { labels: { action: 'other' }, other: true };
    expect(counts).to.deep.equal([
      { labels: { action: 'a' }, count: 1 },
      { labels: { action: 'b' }, count: 1 },
      { ...other, count: 1 },
      { ...other, count: 2 },
      { labels: { action: 'a' }, count: 2 },
      { ...other, count: 3 },
    ]);
  });

  it('keeps a series that is called other apart from it', () => {
    const records = ['other', 'b', 'other'].map((action) => at(0, action));
    const counts = all(from(records).pipe(countBy({ labels, maxSeries: 1 })));
    expect(counts.map(({ count, other }) => [count, other])).to.deep.equal([
      [1, undefined],
      [1, true],
      [2, undefined],
    ]);
  });

  it('refuses options that cannot be', () => {
    expect(() => countBy({ labels, maxSeries: 0 })).to.throw(
      PipelineError,
      'countBy: maxSeries must be a whole number above 0',
    );
    expect(() => countBy({ labels, windowMs: 0 })).to.throw(
      PipelineError,
      'countBy: windowMs must be a number above 0, not 0',
    );
    expect(() => countBy({ labels: 'action' } as never)).to.throw(
      PipelineError,
      'countBy: labels must be a function',
    );
    expect(() => countBy({ labels, window: 5 } as never)).to.throw(
      PipelineError,
      'countBy: there is no option "window"',
    );
  });
});

describe('countBy in windows', () => {
  const minute = { labels, windowMs: 60_000 };
  const counted = (
    start: string,
    end: string,
    action: string,
    count: number,
    late = 0,
  ): WindowCount<{ action: string }> => ({
    start: `1970-01-01T${start}.000Z`,
    end: `1970-01-01T${end}.000Z`,
    labels: { action },
    count,
    late,
  });

  it('carries its name, for the runtime to show', () => {
    expect(countBy(minute).name).to.equal('countBy');
  });

  it(
    'tells a window once the first record beyond it comes, and the open one at the end',
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const values = { a: at(0), b: at(59.999, 'die'), c: at(30), d: at(60), e: at(185, 'oom') };
      const source = hot('                                 -a-b-c--d----e----|', values);
      expectObservable(source.pipe(countBy(minute))).toBe('--------(st)-u----(v|)', {
        s: counted('00:00:00', '00:01:00', 'start', 2),
        t: counted('00:00:00', '00:01:00', 'die', 1),
        u: counted('00:01:00', '00:02:00', 'start', 1),
        v: counted('00:03:00', '00:04:00', 'oom', 1),
      });
      expectSubscriptions(source.subscriptions).toBe('     ^-----------------!');
    }),
  );

  it(
    'tells nothing of nothing',
    marbles(({ cold, expectObservable }) => {
      expectObservable(cold<Event>('--|').pipe(countBy(minute))).toBe('--|');
      expectObservable(cold<Event>('-a-', { a: at(0) }).pipe(countBy(minute))).toBe('---');
    }),
  );

  it(
    'passes an error on, without the open window',
    marbles(({ cold, expectObservable }) => {
      expectObservable(cold<Event>('-ab-#', { a: at(0), b: at(60) }).pipe(countBy(minute))).toBe('--w-#', {
        w: counted('00:00:00', '00:01:00', 'start', 1),
      });
    }),
  );

  it(
    'releases its source when unsubscribed early, and when no more is wanted',
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const values = { a: at(0), b: at(1, 'die'), c: at(60) };
      const early = hot('                                          -ab---|', values);
      expectObservable(early.pipe(countBy(minute)), '              ---!').toBe('');
      expectSubscriptions(early.subscriptions).toBe('              ^--!');
      const enough = hot('                                         -abc--|', values);
      expectObservable(enough.pipe(countBy(minute), take(1))).toBe('---(w|)', {
        w: counted('00:00:00', '00:01:00', 'start', 1),
      });
      expectSubscriptions(enough.subscriptions).toBe('             ^--!');
    }),
  );

  it('counts a late record in the open window, and says so', () => {
    const counts = all(from([at(70), at(10), at(75), at(50, 'die')]).pipe(countBy(minute)));
    expect(counts).to.deep.equal([
      counted('00:01:00', '00:02:00', 'start', 3, 1),
      counted('00:01:00', '00:02:00', 'die', 1, 1),
    ]);
  });

  it('starts its series anew with each window, and its bound with them', () => {
    const records = [at(0, 'a'), at(0, 'b'), at(0, 'c'), at(60, 'b'), at(60, 'c')];
    const counts = all(from(records).pipe(countBy({ ...minute, maxSeries: 1 })));
    expect(counts.map((series) => [series.labels.action, series.count, series.other])).to.deep.equal([
      ['a', 1, undefined],
      ['other', 2, true],
      ['b', 1, undefined],
      ['other', 1, true],
    ]);
  });

  it('takes the time of flat records, or what timeOf says', () => {
    const flat = [{ '@timestamp': '1970-01-01T00:00:59Z' }, { '@timestamp': '1970-01-01T00:01:00Z' }];
    expect(all(from(flat).pipe(countBy({ labels: () => ({}), windowMs: 60_000 })))).to.have.lengthOf(2);
    const counts = all(
      from([1, 9, 10]).pipe(countBy({ labels: () => ({}), windowMs: 10, timeOf: (n) => n })),
    );
    expect(counts.map(({ count }) => count)).to.deep.equal([2, 1]);
  });

  it('fails on a record whose time is none', () => {
    const failures: unknown[] = [];
    const error = (failure: unknown): void => void failures.push(failure);
    from([{}])
      .pipe(countBy({ labels: () => ({}), windowMs: 1 }))
      .subscribe({ error });
    from([1])
      .pipe(countBy({ labels: () => ({}), windowMs: 1, timeOf: () => NaN }))
      .subscribe({ error });
    expect(failures.map((failure) => (failure as Error).message)).to.deep.equal([
      'a record has no readable time or @timestamp: give a timeOf',
      'countBy: timeOf gave NaN for a record',
    ]);
  });

  it('holds each record until its window is told', async () => {
    const times = new Subject<number>();
    const windows = countBy({ labels: (n: number) => ({ odd: n % 2 }), windowMs: 10, timeOf: (n) => n });
    const run = runPipeline(pipeline('windows', times, windows, sinkOf<unknown>()));
    const counters = (): unknown => {
      const { received, added, delivered, aggregated, inFlight } = run.stages()[1]!;
      return { received, added, delivered, aggregated, inFlight };
    };
    for (const n of [1, 2, 9]) times.next(n);
    expect(counters()).to.deep.equal({ received: 3, added: 0, delivered: 0, aggregated: 0, inFlight: 3 });
    times.next(10);
    expect(counters()).to.deep.equal({ received: 4, added: 2, delivered: 2, aggregated: 3, inFlight: 1 });
    times.complete();
    const { stages, abandoned } = await run.done;
    expect(counters()).to.deep.equal({ received: 4, added: 3, delivered: 3, aggregated: 4, inFlight: 0 });
    expect([audit(stages), abandoned]).to.deep.equal([[], 0]);
  });

  it('counts every record once, in windows that follow each other', () => {
    const record = fc.record({
      second: fc.integer({ min: 0, max: 400 }),
      action: fc.constantFrom('a', 'b', 'c', 'd'),
    });
    fc.assert(
      fc.property(fc.array(record), fc.integer({ min: 1, max: 5 }), (records, maxSeries) => {
        const events = records.map(({ second, action }) => at(second, action));
        const counts = all(from(events).pipe(countBy({ ...minute, maxSeries })));
        expect(sum(counts)).to.equal(events.length);
        const starts = counts.map(({ start }) => start);
        expect(starts).to.deep.equal([...starts].sort());
        for (const { start, end, late, count } of counts) {
          expect(Date.parse(end) - Date.parse(start)).to.equal(60_000);
          expect(late).to.be.within(0, count);
        }
        for (const start of new Set(starts)) {
          expect(counts.filter((series) => series.start === start)).to.have.length.at.most(maxSeries + 1);
        }
      }),
    );
  });
});

const sum = (counts: readonly Counted<{ action: string }>[]): number =>
  counts.reduce((total, { count }) => total + count, 0);
