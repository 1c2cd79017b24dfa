import { expect } from 'chai';
import { auditIntervalMs } from '../../../src/sources/docker-events/audit-interval.ts';

const NOW_MS = 1_795_304_600_000;
const LIMITS = { minMs: 1_000, maxMs: 30_000 };

/** As many events, the newest now, so far apart. */
const ring = (count: number, everyMs: number): string[] =>
  Array.from({ length: count }, (_, i) => {
    const nano = BigInt(NOW_MS - Math.round((count - 1 - i) * everyMs)) * 1_000_000n;
    return `{"Type":"volume","timeNano":${nano}}`;
  });

describe('auditIntervalMs', () => {
  it('is the longest where little happens', () => {
    expect(auditIntervalMs([], NOW_MS, LIMITS)).to.equal(30_000);
    expect(auditIntervalMs(ring(127, 1), NOW_MS, LIMITS)).to.equal(30_000);
    expect(auditIntervalMs(ring(256, 1_000), NOW_MS, LIMITS)).to.equal(30_000);
  });

  it('is as long as half a ring takes, but for the second an audit does not see', () => {
    expect(auditIntervalMs(ring(256, 100), NOW_MS, LIMITS)).to.equal(127 * 100 - 1_000);
    expect(auditIntervalMs(ring(128, 100), NOW_MS, LIMITS)).to.equal(127 * 100 - 1_000);
  });

  it('is never shorter than allowed', () => {
    expect(auditIntervalMs(ring(256, 1), NOW_MS, LIMITS)).to.equal(1_000);
    expect(auditIntervalMs(ring(256, 100), NOW_MS - 3_600_000, LIMITS)).to.equal(1_000);
  });

  it('leaves no event unseen between two audits, at any rate the limits allow', () => {
    for (const everyMs of [20, 50, 100, 200, 230]) {
      const unseen = auditIntervalMs(ring(256, everyMs), NOW_MS, LIMITS) + 1_000;
      expect(unseen / everyMs).to.be.below(256);
    }
  });

  it('is the longest where a line has no time', () => {
    expect(
      auditIntervalMs(
        Array.from({ length: 256 }, () => '{}'),
        NOW_MS,
        LIMITS,
      ),
    ).to.equal(30_000);
  });
});
