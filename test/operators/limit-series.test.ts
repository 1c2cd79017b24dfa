import { expect } from 'chai';
import fc from 'fast-check';
import { PipelineError } from '../../src/core/errors.ts';
import { limitSeries, type Limited, type LimitSeriesOptions } from '../../src/operators/limit-series.ts';
import { operatorContract } from '../contracts/operator-contract.ts';
import { booksOf, emittedOf } from './lifecycle.ts';

interface Point {
  readonly name: string;
  readonly at: number;
}
type Options = LimitSeriesOptions<Point, { name: string }>;

const options: Options = {
  labels: ({ name }) => ({ name }),
  timeOf: ({ at }) => at,
  idleMs: 10,
  maxSeries: 2,
};
const at = (ms: number, name: string): Point => ({ at: ms, name });

const limited = (
  points: readonly Point[],
  more: Partial<Options> = {},
): readonly Limited<Point, { name: string }>[] => emittedOf(points, limitSeries({ ...options, ...more }));
const names = (points: readonly Point[], more?: Partial<Options>): readonly string[] =>
  limited(points, more).map(({ labels }) => labels.name);

const points = { a: at(0, 'x'), b: at(0, 'y'), c: at(0, 'z') };
operatorContract('limitSeries', {
  make: () => limitSeries(options),
  input: points,
  output: {
    a: { ...points.a, labels: { name: 'x' } },
    b: { ...points.b, labels: { name: 'y' } },
    c: { ...points.c, labels: { name: 'other' }, other: true },
  },
});

describe('limitSeries', () => {
  it('keeps the labels of those that came up first, and calls the others other', () => {
    const records = ['x', 'y', 'z', 'x', 'z', 'y'].map((name) => at(0, name));
    expect(names(records)).to.deep.equal(['x', 'y', 'other', 'x', 'other', 'y']);
    expect(names(records, { maxSeries: 3 })).to.deep.equal(['x', 'y', 'z', 'x', 'z', 'y']);
  });

  it('gives the place of a series that was not seen for long to one that needs it, and not before', () => {
    const records = [at(0, 'x'), at(0, 'y'), at(5, 'x'), at(9, 'z'), at(10, 'z'), at(11, 'y'), at(15, 'y')];
    expect(names(records)).to.deep.equal(['x', 'y', 'x', 'other', 'z', 'other', 'y']);
    expect(names([at(0, 'x'), at(100, 'x')])).to.deep.equal(['x', 'x']);
  });

  it('replaces the labels that a record has', () => {
    const counted = [
      { labels: { id: 'a' }, count: 1, time: '2026-11-22T00:00:00Z' },
      { labels: { id: 'b' }, count: 2, time: '2026-11-22T00:00:00Z' },
    ];
    const found = emittedOf(
      counted,
      limitSeries<(typeof counted)[0], { id: string }>({ labels: ({ labels }) => labels, maxSeries: 1 }),
    );
    expect(found).to.deep.equal([counted[0], { ...counted[1], labels: { id: 'other' }, other: true }]);
  });

  it('counts nothing: each record comes out', async () => {
    const { stage, imbalances } = await booksOf([at(0, 'x'), at(0, 'y'), at(0, 'z')], limitSeries(options));
    expect(stage).to.include({ received: 3, delivered: 3, filtered: 0, added: 0, exact: true });
    expect(imbalances).to.deep.equal([]);
  });

  it('never lets more series pass in any span than it may, and takes none from one that is seen', () => {
    const point = fc.tuple(fc.constantFrom('a', 'b', 'c', 'd', 'e'), fc.nat(6));
    fc.assert(
      fc.property(fc.array(point, { maxLength: 60 }), fc.integer({ min: 1, max: 4 }), (steps, maxSeries) => {
        let now = 0;
        const records = steps.map(([name, gap]) => at((now += gap), name));
        const found = limited(records, { maxSeries });
        found.forEach(({ at: ms, other }, i) => {
          const around = found.slice(0, i + 1).filter((one) => one.at > ms - 10 && one.other === undefined);
          expect(new Set(around.map(({ labels }) => labels.name)).size).to.be.at.most(maxSeries);
          const before = found.slice(0, i).findLast(({ name }) => name === found[i]!.name);
          if (before?.other === undefined && before !== undefined && ms - before.at < 10)
            expect(other).to.equal(undefined);
        });
      }),
    );
  });

  it('refuses options that cannot be', () => {
    expect(() => limitSeries({} as never)).to.throw('limitSeries: labels is missing');
    expect(() => limitSeries({ ...options, maxSeries: 0 })).to.throw(
      PipelineError,
      'limitSeries: maxSeries must be a whole number above 0, not 0',
    );
  });
});
