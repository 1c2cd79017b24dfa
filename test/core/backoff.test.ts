import { expect } from 'chai';
import fc from 'fast-check';
import { backoffMs } from '../../src/core/backoff.ts';

describe('backoffMs', () => {
  const delays = fc.record({
    firstMs: fc.integer({ min: 1, max: 5000 }),
    maxMs: fc.integer({ min: 1, max: 100_000 }),
  });

  it('is between half and the whole of the doubled step, and never above its cap', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5000 }), delays, (attempt, { firstMs, maxMs }) => {
        const step = Math.min(maxMs, firstMs * 2 ** (attempt - 1));
        expect(backoffMs(attempt, { firstMs, maxMs })).to.be.within(Math.round(step / 2), Math.round(step));
      }),
    );
  });

  it('begins at 250 ms and ends at 30 s by default', () => {
    expect(backoffMs(1)).to.be.within(125, 250);
    expect(backoffMs(8)).to.be.within(15_000, 30_000);
    expect(backoffMs(1_000_000)).to.be.within(15_000, 30_000);
  });

  it('spreads many clients over the step', () => {
    const seen = new Set(Array.from({ length: 1000 }, () => backoffMs(20)));
    expect(seen.size).to.be.greaterThan(900);
  });
});
