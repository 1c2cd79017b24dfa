import { expect } from 'chai';
import fc from 'fast-check';
import { frameEnd, kindOf, MARK, MARK_BYTES, readMark, RECORD, textIn } from '../../src/journal/format.ts';
import { recognisesAgain } from '../../src/journal/again.ts';
import { waiting } from '../../src/journal/waiting.ts';
import type { Pack } from '../../src/journal/waiting.ts';

/** The records of packs by their numbers; throws where a pack is not whole. */
function recordsOf(packs: readonly Pack[]): readonly (readonly [number, string])[] {
  return packs.flatMap(({ first, records, bytes }) => {
    const found: (readonly [number, string])[] = [];
    let number = -1;
    for (let at = 0; at < bytes.length; at = frameEnd(bytes, at)) {
      const end = frameEnd(bytes, at);
      if (end < 0) throw new Error(`no frame at ${at}`);
      if (kindOf(bytes, at) === MARK) number = readMark(bytes, at).number;
      if (kindOf(bytes, at) === RECORD) found.push([number++, textIn(bytes, at, end)]);
    }
    expect([found[0]?.[0], found.length]).to.deep.equal([first, records]);
    return found;
  });
}

describe('records that wait for the journal', () => {
  const text = fc.string({ unit: 'grapheme', maxLength: 300 });

  it('come out as they went in, numbered, in packs of a bounded size, and are counted', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(text, fc.constant(undefined)), { maxLength: 60 }),
        fc.integer({ min: MARK_BYTES + 20, max: 2000 }),
        fc.nat(2 ** 40),
        (steps, packBytes, first) => {
          const queue = waiting(first, packBytes, () => 5);
          const added: string[] = [];
          const packs: Pack[] = [];
          const takeAll = (): void => {
            const all = queue.take();
            expect(queue.bytes).to.equal(all.reduce((sum, { bytes }) => sum + bytes.length, 0));
            queue.settle();
            expect([queue.bytes, queue.records]).to.deep.equal([0, 0]);
            packs.push(...all);
          };
          for (const step of steps) {
            if (step === undefined) takeAll();
            else {
              queue.add(step);
              added.push(step);
            }
          }
          takeAll();
          expect(recordsOf(packs)).to.deep.equal(added.map((one, i) => [first + i, one]));
          for (const { records, bytes } of packs)
            if (records > 1) expect(bytes.length).to.be.at.most(packBytes);
        },
      ),
    );
  });

  it('holds what is added while others are being written apart from them', () => {
    const queue = waiting(0, 1000, () => 5);
    queue.add('one');
    const [pack] = queue.take();
    queue.add('two');
    expect([queue.records, queue.bytes]).to.deep.equal([1, pack!.bytes.length * 2]);
    queue.settle();
    expect(recordsOf(queue.take())).to.deep.equal([[1, 'two']]);
  });
});

describe('recognisesAgain', () => {
  it('knows each text as often as it was there, in any order, until as many others have come', () => {
    const isAgain = recognisesAgain(['a', 'b', 'a', 'c']).has;
    expect(['b', 'a', 'x', 'a', 'a', 'y', 'z', 'c', 'c'].map(isAgain)).to.deep.equal([
      ...[true, true, false, true, false, false, false, true, false],
    ]);
    const forgetful = recognisesAgain(['a', 'b']).has;
    expect(['x', 'y', 'z', 'a', 'b'].map(forgetful)).to.deep.equal([false, false, false, false, false]);
  });
});
