import { expect } from 'chai';
import fc from 'fast-check';
import { isBehind } from '../../src/feed/position.ts';
import type { Position } from '../../src/feed/position.ts';
import { createRing } from '../../src/feed/ring.ts';

interface Added extends Position {
  readonly text: string;
  readonly key: string | undefined;
}

describe('a ring', () => {
  it('holds what a plain list of all records would, within its limits', () => {
    const actions = fc.array(fc.tuple(fc.constantFrom(undefined, undefined, 'a', 'b', 'c'), fc.nat(400)), {
      maxLength: 300,
    });
    fc.assert(
      fc.property(
        actions,
        fc.integer({ min: 500, max: 20_000 }),
        fc.integer({ min: 1, max: 60 }),
        (adds, bytes, records) => {
          const ring = createRing({ bytes, records });
          const all: Added[] = [];
          let at: Position = { event: 0, sample: 0 };
          for (const [key, length] of adds) {
            at =
              key === undefined
                ? { event: at.event + 1, sample: 0 }
                : { event: at.event, sample: at.sample + 1 };
            const text = String(all.length).padEnd(length, '.');
            ring.add(at, text, key);
            all.push({ ...at, text, key });
            const start = ring.reachesBackTo;
            const within = all.filter(
              (one, i) =>
                isBehind(start, one) &&
                !all.slice(i + 1).some(({ key }) => key !== undefined && key === one.key),
            );
            const held = ring.read(start, at, Infinity);
            expect(held.map(({ text }) => text)).to.deep.equal(within.map(({ text }) => text));
            expect(held.length).to.be.at.most(records);
            expect(held.reduce((sum, { text }) => sum + text.length + 100, 0)).to.be.at.most(bytes);
            // What fits is not given up.
            const next = all.filter((one) => !isBehind(start, one)).at(-1);
            if (next?.key === undefined && next !== undefined && held.length < records)
              expect(
                held.reduce((sum, { text }) => sum + text.length + 100, 0) + next.text.length + 100 + 500,
              ).to.be.above(bytes);
          }
          for (const from of all.filter((one) => !isBehind(one, ring.reachesBackTo))) {
            const behind = all.filter((one) => isBehind(from, one) && one.key === undefined);
            expect(ring.bytesBehind(from)).to.equal(behind.reduce((sum, { text }) => sum + text.length, 0));
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it('gives as much as was asked for, one at least, and nothing beyond a position', () => {
    const ring = createRing({ bytes: 1_000_000, records: 100 });
    for (let event = 1; event <= 10; event += 1) ring.add({ event, sample: 0 }, 'x'.repeat(10), undefined);
    const read = (behind: number, upTo: number, bytes: number): readonly number[] =>
      ring.read({ event: behind, sample: 0 }, { event: upTo, sample: 0 }, bytes).map(({ event }) => event);
    expect(read(0, 10, 1)).to.deep.equal([1]);
    expect(read(3, 10, 25)).to.deep.equal([4, 5, 6]);
    expect(read(3, 5, Infinity)).to.deep.equal([4, 5]);
    expect(read(10, 10, Infinity)).to.deep.equal([]);
  });

  it('stays as small when only samples come', () => {
    const ring = createRing({ bytes: 1_000_000, records: 1_000 });
    ring.add({ event: 1, sample: 0 }, 'event', undefined);
    for (let sample = 1; sample <= 100_000; sample += 1)
      ring.add({ event: 1, sample }, 's', String(sample % 100));
    expect(ring.reachesBackTo).to.deep.equal({ event: 0, sample: 0 });
    expect(ring.read({ event: 0, sample: 0 }, { event: 9, sample: 0 }, Infinity)).to.have.length(101);
  });
});
