import { expect } from 'chai';
import fc from 'fast-check';
import { from } from 'rxjs';
import { PipelineError } from '../../src/core/errors.ts';
import { throttleBy, type ThrottleByOptions } from '../../src/operators/throttle-by.ts';
import { operatorContract } from '../contracts/operator-contract.ts';
import { marbles } from '../marbles.ts';
import { booksOf, emittedOf } from './lifecycle.ts';

/** A key at a millisecond. */
type Point = readonly [key: string, ms: number];

const options: ThrottleByOptions<Point> = {
  key: ([key]) => key,
  timeOf: ([, ms]) => ms,
  everyMs: 10,
};

const values: { a: Point; b: Point; c: Point } = { a: ['x', 0], b: ['y', 0], c: ['z', 0] };
operatorContract('throttleBy', {
  make: () => throttleBy<Point>(options),
  input: values,
  output: values,
});

const passed = (points: readonly Point[], more: Partial<ThrottleByOptions<Point>> = {}): unknown =>
  emittedOf(points, throttleBy<Point>({ ...options, ...more }));

describe('throttleBy', () => {
  it(
    'passes the first of a key in a span, and the first beyond it',
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const points: Record<string, Point> = { a: ['x', 0], b: ['x', 9], c: ['y', 9], d: ['x', 10] };
      const source = hot('                                   -a-b-c-d-|', points);
      expectObservable(source.pipe(throttleBy(options))).toBe('-a---c-d-|', points);
      expectSubscriptions(source.subscriptions).toBe('       ^--------!');
    }),
  );

  it('passes as many as the limit says', () => {
    const points = [0, 1, 2, 9, 10, 11, 12].map((ms): Point => ['x', ms]);
    expect(passed(points, { limit: 2 })).to.deep.equal([0, 1, 10, 11].map((ms) => ['x', ms]));
  });

  it('goes on where time jumps back, and takes one from a little before as one of the span', () => {
    const points = [100, 95, 90, 91].map((ms): Point => ['x', ms]);
    expect(passed(points)).to.deep.equal([100, 90].map((ms) => ['x', ms]));
  });

  it('takes the time of the records, and fails where there is none', () => {
    let failure: unknown;
    from([{ time: '1970-01-01T00:00:00Z' }, {}])
      .pipe(throttleBy<object>({ key: () => 'k', everyMs: 1 }))
      .subscribe({ error: (error: unknown) => (failure = error) });
    expect(failure).to.be.instanceOf(TypeError);
  });

  it('counts what it leaves out', async () => {
    const points = [0, 1, 2].map((ms): Point => ['x', ms]);
    const { stage, imbalances } = await booksOf(points, throttleBy<Point>(options));
    expect(stage).to.include({ received: 3, filtered: 2, delivered: 1, exact: true });
    expect(imbalances).to.deep.equal([]);
  });

  it('remembers no more keys than it may', () => {
    const points = ['x', 'y', 'z', 'x', 'z'].map((key): Point => [key, 0]);
    expect(passed(points, { maxKeys: 2 })).to.deep.equal(['x', 'y', 'z', 'x'].map((key) => [key, 0]));
    expect(passed(points, { maxKeys: 3 })).to.have.lengthOf(3);
  });

  it('passes what a slow reading of each key by itself says', () => {
    const point = fc.tuple(fc.constantFrom('x', 'y'), fc.nat(8));
    fc.assert(
      fc.property(fc.array(point, { maxLength: 50 }), fc.integer({ min: 1, max: 3 }), (steps, limit) => {
        let now = 0;
        const points = steps.map(([key, gap], i) => ({ key, ms: (now += gap), i }));
        const expected = new Set<number>();
        for (const key of ['x', 'y']) {
          let rest = points.filter((one) => one.key === key);
          while (rest.length > 0) {
            const end = rest[0]!.ms + 10;
            for (const { i } of rest.filter(({ ms }) => ms < end).slice(0, limit)) expected.add(i);
            rest = rest.filter(({ ms }) => ms >= end);
          }
        }
        const records = points.map(({ key, ms }): Point => [key, ms]);
        expect(passed(records, { limit })).to.deep.equal(records.filter((_, i) => expected.has(i)));
      }),
    );
  });

  it('refuses options that cannot be', () => {
    expect(() => throttleBy({ ...options, everyMs: 0 })).to.throw(
      PipelineError,
      'throttleBy: everyMs must be a number above 0, not 0',
    );
    expect(() => throttleBy({ key: () => '' } as never)).to.throw('throttleBy: everyMs is missing');
  });
});
