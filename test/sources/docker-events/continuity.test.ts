import { expect } from 'chai';
import fc from 'fast-check';
import { continuityOf, RING_LINES, type Continuity } from '../../../src/sources/docker-events/continuity.ts';

const line = (n: number): string => `line ${n}`;
const lines = (from: number, to: number): string[] =>
  Array.from({ length: Math.max(0, to - from) }, (_, i) => line(from + i));

describe('continuityOf', () => {
  const seen = new Set(lines(0, 100));
  const judge = (streamed: readonly string[], ring: readonly string[] = [], isFiltered = false): Continuity =>
    continuityOf({ streamed, ring, isFiltered, isKnown: (each) => seen.has(each) });

  it('is proven by an oldest line that is known', () => {
    expect(judge(lines(99, 300))).to.equal('continuous');
    expect(judge(lines(99, 100))).to.equal('continuous');
  });

  it('is not proven by later ones', () => {
    expect(judge([...lines(100, 300), line(99)])).to.equal('restarted');
  });

  it('is broken when the engine keeps as much as it can', () => {
    expect(judge(lines(100, 100 + RING_LINES))).to.equal('overrun');
    expect(judge([], lines(100, 100 + RING_LINES), true)).to.equal('overrun');
    expect(judge(lines(200, 400), lines(100, 200 + RING_LINES - 100))).to.equal('overrun');
  });

  it('is broken by a restart when it keeps less, or nothing', () => {
    expect(judge(lines(100, 99 + RING_LINES))).to.equal('restarted');
    expect(judge(lines(100, 300), lines(100, 300))).to.equal('restarted');
    expect(judge([])).to.equal('restarted');
  });

  it('is proven to a filtered stream also by the oldest line of all types', () => {
    expect(judge(lines(200, 201), lines(99, 300), true)).to.equal('continuous');
    expect(judge([], lines(99, 300), true)).to.equal('continuous');
    expect(judge(lines(200, 201), lines(100, 300), true)).to.equal('restarted');
  });

  it('is never proven to a whole stream by what another request shows', () => {
    expect(judge(lines(200, 201), lines(99, 300))).to.equal('restarted');
  });

  it('is never claimed when an event was lost, and always when the ring reaches back', () => {
    const history = fc.record({
      before: fc.integer({ min: 1, max: 400 }),
      seen: fc.integer({ min: 1, max: 400 }),
      missed: fc.nat(600),
      every: fc.integer({ min: 1, max: 5 }),
      audited: fc.nat(50),
    });
    fc.assert(
      fc.property(history, ({ before, seen: last, missed, every, audited }) => {
        const end = before + last + missed;
        const matches = (n: number): boolean => n % every === 0;
        const all = Array.from({ length: end }, (_, n) => n);
        const ring = all.slice(-RING_LINES);
        const streamed = ring.filter(matches);
        const known = new Set(
          all
            .slice(before, before + last)
            .filter(matches)
            .map(line),
        );
        // An audit saw the whole ring, a while before the cut.
        const auditedTo = Math.max(before, before + last - audited);
        const probed = new Set(all.slice(Math.max(0, auditedTo - RING_LINES), auditedTo).map(line));
        const isFiltered = every > 1;
        const continuity = continuityOf({
          streamed: streamed.map(line),
          ring: ring.map(line),
          isFiltered,
          isKnown: (each) => known.has(each) || (isFiltered && probed.has(each)),
        });
        const lost = all.slice(before + last).filter((n) => matches(n) && !ring.includes(n));
        if (lost.length > 0) expect(continuity).to.equal('overrun');
        if (!isFiltered && missed < RING_LINES && ring[0]! >= before)
          expect(continuity).to.equal('continuous');
        if (isFiltered && missed + audited < RING_LINES) expect(continuity).to.equal('continuous');
      }),
      { numRuns: 500 },
    );
  });
});
