import { expect } from 'chai';
import fc from 'fast-check';
import { lineMemory } from '../../src/sources/shared/replay.ts';

describe('lineMemory', () => {
  it('tells lines of a replay from new ones', () => {
    const memory = lineMemory(4);
    for (const line of ['a', 'b', 'c']) memory.remember(line);
    const isNew = memory.replayed();
    expect(['a', 'b', 'c', 'd', 'd', 'e'].map(isNew)).to.deep.equal([false, false, false, true, false, true]);
  });

  it('knows nothing at first', () => {
    expect(lineMemory(4).replayed()('a')).to.equal(true);
  });

  it('remembers so many lines and no more', () => {
    const memory = lineMemory(3);
    for (const line of ['a', 'b', 'c', 'd', 'e']) memory.remember(line);
    const isNew = memory.replayed();
    expect(['a', 'b', 'c', 'd', 'e'].map(isNew)).to.deep.equal([true, true, false, false, false]);
  });

  it('remembers long lines by every one of their characters', () => {
    const memory = lineMemory(2);
    const long = 'x'.repeat(500_000);
    memory.remember(`${long}a`);
    const isNew = memory.replayed();
    expect([`${long}a`, `${long}b`, `${long}b`, long].map(isNew)).to.deep.equal([false, true, false, true]);
  });

  it('takes every line for new once a replay must be over', () => {
    const memory = lineMemory(2);
    memory.remember('a');
    const isNew = memory.replayed();
    for (const line of ['1', '2', '3', '4']) expect(isNew(line)).to.equal(true);
    expect(isNew('a')).to.equal(true);
  });

  it('loses and doubles nothing, wherever a stream is cut off, as long as the replay reaches back', () => {
    const ring = 16;
    const cuts = fc.array(fc.record({ live: fc.nat(40), missed: fc.nat(8), overlap: fc.nat(8) }), {
      maxLength: 8,
    });
    fc.assert(
      fc.property(cuts, (connections) => {
        const memory = lineMemory(4 * ring);
        const published: string[] = [];
        const given: string[] = [];
        const publish = (count: number): void => {
          for (let i = 0; i < count; i += 1) published.push(`event ${published.length}`);
        };
        for (const { live, missed, overlap } of connections) {
          publish(Math.min(missed, ring - overlap));
          const isNew = memory.replayed();
          const take = (line: string): void => {
            if (!isNew(line)) return;
            memory.remember(line);
            given.push(line);
          };
          // The replay, then what came live meanwhile, some of it the same.
          published.slice(-ring).forEach(take);
          const before = published.length;
          publish(live);
          published.slice(Math.max(0, before - overlap)).forEach(take);
        }
        expect(given).to.deep.equal(published);
      }),
    );
  });
});
