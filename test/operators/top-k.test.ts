import { expect } from 'chai';
import fc from 'fast-check';
import type { OperatorFunction } from 'rxjs';
import { countingOf } from '../../src/core/define-operator.ts';
import { PipelineError } from '../../src/core/errors.ts';
import { topK, type Combine, type Top, type TopKOptions } from '../../src/operators/top-k.ts';
import { marbles } from '../marbles.ts';
import { afterRestart, booksOf, emittedOf } from './lifecycle.ts';

interface Point {
  readonly at: number;
  readonly name: string;
  readonly n?: number;
}
type Options = TopKOptions<Point, { name: string }>;

const at = (ms: number, name: string, n?: number): Point => ({ at: ms, name, ...(n !== undefined && { n }) });

const options: Options = {
  labels: ({ name }) => ({ name }),
  value: ({ n }) => n,
  timeOf: (point) => point.at,
  windowMs: 10,
  latenessMs: 0,
};
const top = (more: Partial<Options> = {}): OperatorFunction<Point, Top<{ name: string }>> =>
  topK({ ...options, ...more });

const ranking = (points: readonly Point[], more: Partial<Options> = {}): unknown =>
  emittedOf(points, top(more)).map((one) => one.top.map(({ labels, value }) => [labels.name, value]));

describe('topK', () => {
  it('carries its name, and counts', () => {
    expect(top().name).to.equal('topK');
    expect(countingOf(top())).to.be.a('function');
  });

  it(
    'tells the largest of a window once the first record beyond it comes, and of the open one at the end',
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const values = { a: at(0, 'x', 1), b: at(1, 'y', 5), c: at(2, 'x', 2), d: at(10, 'z', 0) };
      const source = hot('                        -a-b-c-d--|', values);
      expectObservable(source.pipe(top({ k: 1 }))).toBe('-------t--(u|)', {
        t: {
          kind: 'top',
          time: '1970-01-01T00:00:00.010Z',
          start: '1970-01-01T00:00:00.000Z',
          end: '1970-01-01T00:00:00.010Z',
          top: [{ labels: { name: 'y' }, value: 5, count: 1 }],
          series: 2,
          unranked: 0,
        },
        u: {
          kind: 'top',
          time: '1970-01-01T00:00:00.020Z',
          start: '1970-01-01T00:00:00.010Z',
          end: '1970-01-01T00:00:00.020Z',
          top: [{ labels: { name: 'z' }, value: 0, count: 1 }],
          series: 1,
          unranked: 0,
        },
      });
      expectSubscriptions(source.subscriptions).toBe('^---------!');
    }),
  );

  it(
    'tells nothing of nothing, passes an error on, and releases its source when unsubscribed',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const values = { a: at(0, 'x', 1) };
      expectObservable(cold<Point>('--|').pipe(top())).toBe('--|');
      expectObservable(cold<Point>('-a-', values).pipe(top())).toBe('---');
      expectObservable(cold<Point>('-a-#', values).pipe(top())).toBe('---#');
      const source = cold('                           -a-----', values);
      expectObservable(source.pipe(top()), '          ---!').toBe('');
      expectSubscriptions(source.subscriptions).toBe('^--!');
    }),
  );

  it('combines the records of a series as it is told to', () => {
    const points = [at(0, 'x', -4), at(1, 'y', 3), at(2, 'x', -1), at(3, 'y', 1), at(4, 'x', -7)];
    const combined = (combine?: Combine): unknown =>
      ranking(points, combine === undefined ? {} : { combine });
    expect(combined()).to.deep.equal([[['y', 4], ['x', -12]]]); // prettier-ignore
    expect(combined('max')).to.deep.equal([[['y', 3], ['x', -1]]]); // prettier-ignore
    expect(combined('mean')).to.deep.equal([[['y', 2], ['x', -4]]]); // prettier-ignore
    expect(combined('last')).to.deep.equal([[['y', 1], ['x', -7]]]); // prettier-ignore
  });

  it('leaves out records without a value, and says how many had no rank', async () => {
    const points = [at(0, 'a', 1), at(0, 'b'), at(0, 'c', NaN), at(0, 'd', 9), at(0, 'e', 9), at(0, 'a', 1)];
    const [one] = emittedOf(points, top({ maxSeries: 1 }));
    expect(one).to.deep.include({ series: 1, unranked: 2 });
    expect(one!.top).to.deep.equal([{ labels: { name: 'a' }, value: 2, count: 2 }]);
    const { stage, imbalances } = await booksOf(points, top({ maxSeries: 1 }));
    expect(stage).to.include({
      received: 6,
      filtered: 2,
      aggregated: 4,
      added: 1,
      delivered: 1,
      inFlight: 0,
    });
    expect(imbalances).to.deep.equal([]);
  });

  it('ranks as sorting all sums does', () => {
    const point = fc.record({
      at: fc.constant(0),
      name: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'),
      n: fc.integer({ min: -5, max: 5 }),
    });
    fc.assert(
      fc.property(
        fc.array(point, { minLength: 1, maxLength: 30 }),
        fc.integer({ min: 1, max: 7 }),
        (points, k) => {
          const totals = new Map<string, number>();
          for (const { name, n } of points) totals.set(name, (totals.get(name) ?? 0) + n);
          const expected = [...totals].sort(([, one], [, other]) => other - one).slice(0, k);
          expect(ranking(points, { k })).to.deep.equal([expected]);
        },
      ),
    );
  });

  it('goes on in its open windows after a restart', async () => {
    const after = await afterRestart(
      () => top(),
      [at(0, 'x', 3), at(0, 'y', 4)],
      [at(1, 'x', 2), at(10, 'x', 0)],
    );
    expect(after.map((one) => one.top.map(({ labels, value }) => [labels.name, value]))).to.deep.equal([
      [
        ['x', 5],
        ['y', 4],
      ],
    ]);
  });

  it('refuses options that cannot be', () => {
    expect(() => topK({ labels: () => ({}), windowMs: 1 } as never)).to.throw('topK: value is missing');
    expect(() => top({ k: 0 })).to.throw(PipelineError, 'topK: k must be a whole number above 0, not 0');
    expect(() => top({ combine: 'least' as Combine })).to.throw(
      'combine must be one of sum, max, mean, last',
    );
  });
});
