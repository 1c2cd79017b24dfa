import { expect } from 'chai';
import fc from 'fast-check';
import { instantOf, secondsBetween } from '../../src/records/instant.ts';

const between = (earlier: string, later: string): number =>
  secondsBetween(instantOf(earlier), instantOf(later));

describe('instantOf and secondsBetween', () => {
  it('reads as many digits of fraction as there are', () => {
    expect(instantOf('2026-11-22T00:00:00Z')).to.deep.equal({ ms: 1795305600000, nanos: 0 });
    expect(instantOf('2026-11-22T00:00:00.1Z')).to.deep.equal({ ms: 1795305600100, nanos: 0 });
    expect(instantOf('2026-11-22T00:00:00.1234Z')).to.deep.equal({ ms: 1795305600123, nanos: 400_000 });
    expect(instantOf('2026-11-22T00:00:00.123456789Z')).to.deep.equal({ ms: 1795305600123, nanos: 456_789 });
  });

  it('reads any zone', () => {
    const [utc, berlin] = ['2026-11-22T00:00:00.123456789Z', '2026-11-22T01:00:00.123456789+01:00'];
    expect(instantOf(berlin)).to.deep.equal(instantOf(utc));
  });

  it('is not a number for what is no time', () => {
    expect(between('2026-11-22T00:00:00Z', 'soon')).to.be.NaN;
  });

  it('tells nanoseconds apart, before, across and after a second', () => {
    expect(between('2026-11-22T00:00:00.999999999Z', '2026-11-22T00:00:01.000000001Z')).to.be.closeTo(
      2e-9,
      1e-12,
    );
    expect(between('2026-11-22T00:00:01Z', '2026-11-22T00:00:00Z')).to.equal(-1);
  });

  it('agrees with whole numbers of nanoseconds', () => {
    const nano = fc.bigInt({ min: 1_600_000_000_000_000_000n, max: 1_900_000_000_000_000_000n });
    fc.assert(
      fc.property(nano, nano, fc.integer({ min: 0, max: 9 }), (one, other, digits) => {
        const unit = 10n ** BigInt(9 - digits);
        const [a, b] = [(one / unit) * unit, (other / unit) * unit];
        const expected = Number(b - a) / 1e9;
        expect(between(rfc3339(a, digits), rfc3339(b, digits))).to.be.closeTo(
          expected,
          Math.max(1e-9, Math.abs(expected) * 1e-15),
        );
      }),
    );
  });
});

function rfc3339(nanos: bigint, digits: number): string {
  const seconds = new Date(Number(nanos / 1_000_000_000n) * 1000).toISOString().slice(0, 19);
  const fraction = (nanos % 1_000_000_000n).toString().padStart(9, '0').slice(0, digits);
  return digits === 0 ? `${seconds}Z` : `${seconds}.${fraction}Z`;
}
