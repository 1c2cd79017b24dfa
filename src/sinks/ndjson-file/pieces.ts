/** Bytes in several buffers, in order; nothing here copies them. */
export type Pieces = readonly Buffer[];

export const lengthOf = (pieces: Pieces): number => pieces.reduce((sum, { length }) => sum + length, 0);

/** The first so many bytes, and the rest. */
export function splitAt(pieces: Pieces, bytes: number): readonly [Pieces, Pieces] {
  let whole = 0;
  let left = bytes;
  for (; whole < pieces.length && pieces[whole]!.length <= left; whole += 1) left -= pieces[whole]!.length;
  const cut = pieces[whole];
  if (cut === undefined || left === 0) return [pieces.slice(0, whole), pieces.slice(whole)];
  return [
    [...pieces.slice(0, whole), cut.subarray(0, left)],
    [cut.subarray(left), ...pieces.slice(whole + 1)],
  ];
}

/** Where the first line ends: 0 when none does. */
export function firstLineEnd(pieces: Pieces): number {
  let start = 0;
  for (const piece of pieces) {
    const found = piece.indexOf(10);
    if (found !== -1) return start + found + 1;
    start += piece.length;
  }
  return 0;
}

/** Where the last line ends that lies within the first so many bytes: 0 when none does. */
export function lastLineEnd(pieces: Pieces, bytes: number): number {
  const [head] = splitAt(pieces, bytes);
  let end = lengthOf(head);
  for (const piece of head.toReversed()) {
    const found = piece.lastIndexOf(10);
    end -= piece.length;
    if (found !== -1) return end + found + 1;
  }
  return 0;
}
