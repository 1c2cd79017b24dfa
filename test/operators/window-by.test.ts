import { expect } from 'chai';
import fc from 'fast-check';
import { from, Subject, take, type OperatorFunction } from 'rxjs';
import { audit } from '../../src/core/audit.ts';
import { countingOf, operatorCounts } from '../../src/core/define-operator.ts';
import { PipelineError } from '../../src/core/errors.ts';
import { pipeline } from '../../src/core/pipeline.ts';
import { runPipeline } from '../../src/core/run.ts';
import { windowBy, type TimeWindow, type WindowByOptions } from '../../src/operators/window-by.ts';
import { sinkOf } from '../core/sinks.ts';
import { marbles } from '../marbles.ts';
import { afterRestart, emittedOf } from './lifecycle.ts';

/** A number at a millisecond. */
interface Point {
  readonly at: number;
  readonly name: string;
  readonly n: number;
}
type Sum = TimeWindow<{ name: string }, number>;
type Options = WindowByOptions<Point, { name: string }, number>;

const at = (ms: number, n = 1, name = 'x'): Point => ({ at: ms, n, name });

const options: Options = {
  labels: ({ name }) => ({ name }),
  timeOf: (point) => point.at,
  windowMs: 10,
  latenessMs: 0,
  initial: 0,
  add: (sum, { n }) => sum + n,
};
const sums = (more: Partial<Options> = {}): OperatorFunction<Point, Sum> => windowBy({ ...options, ...more });

const window = (start: number, end: number, count: number, value: number, name = 'x'): Sum => ({
  kind: 'window',
  time: new Date(end).toISOString(),
  start: new Date(start).toISOString(),
  end: new Date(end).toISOString(),
  labels: { name },
  count,
  value,
});

const told = (points: readonly Point[], more: Partial<Options> = {}): readonly string[] =>
  emittedOf(points, sums(more)).map(
    ({ start, end, count, value, labels }) =>
      `${labels.name} ${Date.parse(start)}-${Date.parse(end)}: ${count} ${value}`,
  );

describe('windowBy', () => {
  it('carries its name, and counts', () => {
    expect(sums().name).to.equal('windowBy');
    expect(countingOf(sums())).to.be.a('function');
  });

  it(
    'tells a window once the first record beyond it comes, and the open one at the end',
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const values = { a: at(0, 2), b: at(9, 3), c: at(5, 4, 'y'), d: at(10, 5), e: at(35, 6) };
      const source = hot('                   -a-b-c--d-----e---|', values);
      expectObservable(source.pipe(sums())).toBe('--------(st)--u---(v|)', {
        s: window(0, 10, 2, 5),
        t: window(0, 10, 1, 4, 'y'),
        u: window(10, 20, 1, 5),
        v: window(30, 40, 1, 6),
      });
      expectSubscriptions(source.subscriptions).toBe('^-----------------!');
    }),
  );

  it(
    'tells nothing of nothing, and passes an error on without the open window',
    marbles(({ cold, expectObservable }) => {
      const values = { a: at(0, 2), b: at(10) };
      expectObservable(cold<Point>('--|').pipe(sums())).toBe('--|');
      expectObservable(cold<Point>('-a-', values).pipe(sums())).toBe('---');
      expectObservable(cold<Point>('-ab-#', values).pipe(sums())).toBe('--w-#', { w: window(0, 10, 1, 2) });
    }),
  );

  it(
    'releases its source when unsubscribed early, and when no more is wanted',
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const values = { a: at(0), b: at(1), c: at(10) };
      const early = hot('                                  -ab---|', values);
      expectObservable(early.pipe(sums()), '               ---!').toBe('');
      expectSubscriptions(early.subscriptions).toBe('      ^--!');
      const enough = hot('                                 -abc--|', values);
      expectObservable(enough.pipe(sums(), take(1))).toBe('---(w|)', { w: window(0, 10, 2, 2) });
      expectSubscriptions(enough.subscriptions).toBe('     ^--!');
    }),
  );

  it(
    'starts anew with each subscription',
    marbles(({ cold, expectObservable }) => {
      const piped = cold('-a|', { a: at(0) }).pipe(sums());
      expectObservable(piped).toBe('--(w|)', { w: window(0, 10, 1, 1) });
      expectObservable(piped, '----^').toBe('------(w|)', { w: window(0, 10, 1, 1) });
    }),
  );

  it('keeps a window open for what comes late, and leaves out what comes later', () => {
    const points = [at(1), at(12), at(9), at(15), at(8), at(20)];
    expect(told(points, { latenessMs: 5 })).to.deep.equal(['x 0-10: 2 2', 'x 10-20: 2 2', 'x 20-30: 1 1']);
    expect(told(points, { latenessMs: 6 })).to.deep.equal(['x 0-10: 3 3', 'x 10-20: 2 2', 'x 20-30: 1 1']);
  });

  it('waits for late ones for a second where it is not told how long', () => {
    const { labels, timeOf, initial, add } = options;
    const plain = windowBy({ labels, initial, add, windowMs: 10, timeOf: timeOf! });
    const open: Sum[] = [];
    const points = new Subject<Point>();
    points.pipe(plain).subscribe((one) => open.push(one));
    for (const ms of [0, 1_009, 1]) points.next(at(ms));
    expect(open).to.deep.equal([]);
    points.next(at(1_010));
    expect(open).to.deep.equal([window(0, 10, 2, 2)]);
  });

  it('puts a record into each of several windows', () => {
    expect(told([at(0), at(6), at(11)], { everyMs: 5 })).to.deep.equal([
      'x -5-5: 1 1',
      'x 0-10: 2 2',
      'x 5-15: 2 2',
      'x 10-20: 1 1',
    ]);
  });

  it('puts together, and marks, what there is no room for', () => {
    const points = [at(0, 1, 'a'), at(0, 2, 'b'), at(0, 4, 'c'), at(10, 8, 'b'), at(10, 16, 'c')];
    const found = emittedOf(points, sums({ maxSeries: 1 }));
    expect(found.map(({ labels, value, other }) => [labels.name, value, other])).to.deep.equal([
      ['a', 1, undefined],
      ['other', 6, true],
      ['b', 8, undefined],
      ['other', 16, true],
    ]);
  });

  it('puts every record into exactly those windows that a slow model says', () => {
    const point = fc.record({ at: fc.integer({ min: -20, max: 120 }), name: fc.constantFrom('x', 'y') });
    const shape = fc
      .record({ windowMs: fc.integer({ min: 1, max: 30 }), latenessMs: fc.nat(30), part: fc.nat(29) })
      .map(({ windowMs, latenessMs, part }) => ({ windowMs, latenessMs, everyMs: 1 + (part % windowMs) }));
    fc.assert(
      fc.property(fc.array(point, { maxLength: 30 }), shape, (points, { windowMs, latenessMs, everyMs }) => {
        const records = points.map((one, n) => ({ ...one, n: 2 ** n }));
        const expected = new Map<string, number>();
        records.forEach((record, i) => {
          const latest = Math.max(...records.slice(0, i + 1).map((one) => one.at));
          for (let start = -60 * everyMs; start <= record.at; start += everyMs) {
            const end = start + windowMs;
            if (end <= record.at || end + latenessMs <= latest) continue;
            const key = `${record.name} ${start}-${end}`;
            expected.set(key, (expected.get(key) ?? 0) + record.n);
          }
        });
        const found = emittedOf(records, sums({ windowMs, latenessMs, everyMs }));
        const values = found.map(
          ({ labels, start, end, value }) =>
            [`${labels.name} ${Date.parse(start)}-${Date.parse(end)}`, value] as const,
        );
        expect(new Map(values)).to.deep.equal(expected);
        expect(values).to.have.lengthOf(expected.size);
        const starts = found.map(({ start }) => Date.parse(start));
        expect(starts).to.deep.equal([...starts].sort((one, other) => one - other));
      }),
    );
  });

  it('holds each record until the last of its windows is told, and counts those that are too late', async () => {
    const points = new Subject<Point>();
    const run = runPipeline(pipeline('windows', points, sums({ everyMs: 5 }), sinkOf<unknown>()));
    const counters = (): unknown => {
      const { received, added, delivered, aggregated, filtered, inFlight } = run.stages()[1]!;
      return [received, added, delivered, aggregated, filtered, inFlight];
    };
    for (const ms of [0, 6]) points.next(at(ms)); // into -5-5 and 0-10, 0-10 and 5-15
    expect(counters()).to.deep.equal([2, 1, 1, 0, 0, 2]);
    points.next(at(11));
    expect(counters()).to.deep.equal([3, 2, 2, 1, 0, 2]);
    points.next(at(7)); // too late for 0-10 only
    points.next(at(-1));
    expect(counters()).to.deep.equal([5, 2, 2, 1, 1, 3]);
    points.complete();
    const { stages } = await run.done;
    expect(counters()).to.deep.equal([5, 4, 4, 4, 1, 0]);
    expect(audit(stages)).to.deep.equal([]);
  });

  it('goes on in its open windows after a restart', async () => {
    const make = (): OperatorFunction<Point, Sum> => sums({ latenessMs: 10, maxSeries: 1 });
    const before = [at(0, 1), at(1, 2, 'y'), at(12, 4), at(25, 8)];
    const after = await afterRestart(make, before, [at(15, 16), at(13, 32, 'y'), at(5, 64), at(30, 128)]);
    expect(
      after.map(({ start, value, count, other }) => [Date.parse(start), value, count, other]),
    ).to.deep.equal([
      [10, 20, 2, undefined],
      [10, 32, 1, true],
    ]);
  });

  it('accounts for what came before a restart in the run before', async () => {
    let counts = operatorCounts();
    const counted: OperatorFunction<Point, Sum> = (points) => {
      counts = operatorCounts();
      return countingOf(sums())!(points, counts);
    };
    const after = await afterRestart(() => counted, [at(0), at(1)], [at(2), at(10)]);
    expect(after).to.deep.equal([window(0, 10, 3, 3)]);
    expect(counts).to.include({ added: 1, aggregated: 1, held: 1 });
  });

  it('takes the time of the records where timeOf is not given, and fails where there is none', () => {
    const { labels, initial, add } = options;
    const byTime = { labels, initial, add, windowMs: 10, latenessMs: 0 };
    const dated = [{ ...at(0), time: '1970-01-01T00:00:00.009Z' }];
    const byRecord = windowBy(byTime);
    expect(emittedOf<Point, Sum>(dated, byRecord)).to.deep.equal([window(0, 10, 1, 1)]);
    const failures: string[] = [];
    const error = (failure: unknown): void => void failures.push((failure as Error).message);
    from([at(0)])
      .pipe(byRecord)
      .subscribe({ error });
    from([at(NaN)])
      .pipe(sums())
      .subscribe({ error });
    expect(failures).to.deep.equal([
      'a record has no readable time or @timestamp: give a timeOf',
      'windowBy: timeOf gave NaN for a record',
    ]);
  });

  it('refuses options that cannot be', () => {
    const refused = (more: Record<string, unknown>): (() => unknown) => {
      return () => windowBy({ ...options, ...more });
    };
    expect(refused({ windowMs: 0 })).to.throw(PipelineError, 'windowMs must be a whole number above 0');
    expect(refused({ everyMs: 11 })).to.throw('everyMs must be a whole number, at most windowMs');
    expect(refused({ windowMs: 5_000, everyMs: 4 })).to.throw('at least a 1000th of it');
    expect(refused({ latenessMs: -1 })).to.throw(
      'latenessMs must be a number, 0 or more, and at most 1000 times',
    );
    expect(refused({ latenessMs: 10_001 })).to.throw('latenessMs must be');
    expect(refused({ add: 'sum' })).to.throw('windowBy: add must be a function');
    expect(() => windowBy({ labels: () => ({}) } as never)).to.throw('windowBy: windowMs is missing');
    expect(() => windowBy(undefined as never)).to.throw('windowBy: its options must be an object');
  });
});
