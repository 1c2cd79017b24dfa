import { expect } from 'chai';
import { firstLineEnd, lastLineEnd, lengthOf, splitAt } from '../../../src/sinks/ndjson-file/pieces.ts';
import type { Pieces } from '../../../src/sinks/ndjson-file/pieces.ts';

describe('pieces', () => {
  const text = '12\n345\n\n6789\n0';
  const textOf = (pieces: Pieces): string => Buffer.concat(pieces).toString();
  /** The text cut into two or three pieces in every way there is. */
  const cuts = Array.from({ length: text.length - 1 }, (_, i) => i + 1).flatMap((first) =>
    Array.from({ length: text.length - first }, (_, i) => first + i + 1).map((second) =>
      [text.slice(0, first), text.slice(first, second), text.slice(second)]
        .filter((part) => part !== '')
        .map((part) => Buffer.from(part)),
    ),
  );

  it('are split anywhere, without empty pieces', () => {
    for (const pieces of cuts)
      for (let at = 0; at <= text.length + 1; at += 1) {
        const [head, tail] = splitAt(pieces, at);
        expect([textOf(head), textOf(tail)]).to.deep.equal([text.slice(0, at), text.slice(at)]);
        expect([...head, ...tail].every(({ length }) => length > 0)).to.equal(true);
      }
  });

  it('know where lines end, across pieces', () => {
    for (const pieces of cuts) {
      expect(lengthOf(pieces)).to.equal(text.length);
      expect(firstLineEnd(pieces)).to.equal(3);
      for (let bytes = 0; bytes <= text.length; bytes += 1)
        expect(lastLineEnd(pieces, bytes)).to.equal(text.slice(0, bytes).lastIndexOf('\n') + 1);
    }
    expect(firstLineEnd([Buffer.from('12'), Buffer.from('3')])).to.equal(0);
    expect(firstLineEnd([Buffer.from('12'), Buffer.from('3\n'), Buffer.from('4\n')])).to.equal(4);
  });
});
