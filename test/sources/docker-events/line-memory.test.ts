import { expect } from 'chai';
import fc from 'fast-check';
import { lineMemory, type LineMemory } from '../../../src/sources/docker-events/line-memory.ts';

const remember = (memory: LineMemory, ...lines: readonly string[]): void => {
  for (const line of lines) memory.receive(line);
  memory.settle(memory.received);
};
const restored = (digests: string, capacity = 8, kept = 4): LineMemory => {
  const memory = lineMemory(capacity, kept);
  memory.restore(digests);
  return memory;
};
const which = (memory: LineMemory, lines: string): string => lines.split('').filter(memory.knows()).join('');

describe('lineMemory', () => {
  it('tells lines of a replay from new ones', () => {
    const memory = lineMemory(4, 2);
    remember(memory, 'a', 'b', 'c');
    const isNew = memory.replayed();
    expect(['a', 'b', 'c', 'd', 'd', 'e'].map(isNew)).to.deep.equal([false, false, false, true, false, true]);
  });

  it('knows nothing at first', () => {
    expect(lineMemory(4, 2).replayed()('a')).to.equal(true);
  });

  it('remembers so many lines and no more', () => {
    const memory = lineMemory(3, 2);
    remember(memory, 'a', 'b', 'c', 'd', 'e');
    const isNew = memory.replayed();
    expect(['a', 'b', 'c', 'd', 'e'].map(isNew)).to.deep.equal([true, true, false, false, false]);
  });

  it('remembers long lines by every one of their characters', () => {
    const memory = lineMemory(2, 2);
    const long = 'x'.repeat(500_000);
    remember(memory, `${long}a`);
    const isNew = memory.replayed();
    expect([`${long}a`, `${long}b`, `${long}b`, long].map(isNew)).to.deep.equal([false, true, false, true]);
  });

  it('knows lines of any characters from those that differ only at their end, at whatever length', () => {
    const character = fc.constantFrom('a', 'ö', '→', '🐳');
    fc.assert(
      fc.property(
        fc.array(character, { maxLength: 300 }),
        fc.integer({ min: 200, max: 1030 }),
        (characters, length) => {
          const start = characters.join('').padEnd(length, 'x');
          const ends = ['', 'a', 'b', '🐳', '🐳🐳'];
          const memory = lineMemory(ends.length, ends.length);
          remember(memory, ...ends.slice(1).map((end) => start + end));
          expect(ends.map((end) => memory.knows()(start + end))).to.deep.equal([
            false,
            true,
            true,
            true,
            true,
          ]);
        },
      ),
    );
  });

  it('takes every line for new once a replay must be over', () => {
    const memory = lineMemory(2, 2);
    remember(memory, 'a');
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
        const memory = lineMemory(4 * ring, ring);
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
            remember(memory, line);
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

  it('knows what has been received, also while it waits to be emitted', () => {
    const memory = lineMemory(8, 4);
    remember(memory, 'a');
    memory.receive('b');
    expect(which(memory, 'abc')).to.equal('ab');
  });

  it('takes what has not been emitted for new again after a cut', () => {
    const memory = lineMemory(3, 2);
    remember(memory, 'a', 'b', 'c');
    memory.receive('d');
    memory.forgetUnsettled();
    expect(which(memory, 'abcd')).to.equal('bc');
    remember(memory, 'd', 'e');
    expect(which(memory, 'abcde')).to.equal('cde');
  });

  describe('is kept for a later run', () => {
    it('as 64 bits a line: the last ones, of those emitted', () => {
      const memory = lineMemory(8, 4);
      expect(memory.digests()).to.equal('');
      remember(memory, 'a', 'b', 'c', 'd', 'e', 'f');
      memory.receive('g');
      expect(Buffer.from(memory.digests(), 'base64')).to.have.lengthOf(4 * 8);
      expect(which(restored(memory.digests()), 'abcdefg')).to.equal('cdef');
    });

    it('with nothing forgotten between two runs, and the oldest forgotten first', () => {
      const first = lineMemory(8, 4);
      remember(first, ...'abcdef'.split(''));
      const second = restored(first.digests());
      remember(second, 'g');
      expect(which(second, 'abcdefg')).to.equal('cdefg');
      expect(which(restored(second.digests()), 'abcdefg')).to.equal('defg');
    });

    it('until it has been replaced', () => {
      expect(which(restored(lineMemory(8, 4).digests()), 'abcd')).to.equal('');
      const first = lineMemory(8, 4);
      remember(first, ...'abcd'.split(''));
      const third = restored(first.digests());
      remember(third, ...'1234'.split(''));
      expect(which(third, 'abcd1234')).to.equal('1234');
    });

    it('long lines too, by every one of their characters', () => {
      const long = 'x'.repeat(5000);
      const memory = lineMemory(8, 4);
      remember(memory, `${long}a`);
      const knows = restored(memory.digests()).knows();
      expect([`${long}a`, `${long}b`].map(knows)).to.deep.equal([true, false]);
    });

    it('the same, however often it was asked for on the way', () => {
      fc.assert(
        fc.property(fc.array(fc.nat(6), { maxLength: 20 }), (steps) => {
          const [often, once] = [lineMemory(16, 8), lineMemory(16, 8)];
          let line = 0;
          for (const step of steps) {
            for (let i = 0; i < step; i += 1, line += 1)
              for (const each of [often, once]) remember(each, `${line}`);
            often.digests();
          }
          expect(often.digests()).to.equal(once.digests());
        }),
      );
    });
  });
});
