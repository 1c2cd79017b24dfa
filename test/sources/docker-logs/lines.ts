import { lineJoiner, type JoinOptions, type Line } from '../../../src/sources/docker-logs/line-joiner.ts';
import { framedPieces, rawPieces } from '../../../src/sources/docker-logs/pieces.ts';

export interface Read {
  readonly lines: readonly Line[];
  readonly bad: number;
}

/** What is read of an answer that comes in these chunks. */
export function readOf(chunks: readonly Buffer[], options: Partial<JoinOptions> = {}): Read {
  const lines: Line[] = [];
  let bad = 0;
  const join = { maxBytes: 1_000_000, isTerminal: false, cutsInFull: true, ...options };
  const joiner = lineJoiner(join, (line) => lines.push(line));
  const pieces = (join.isTerminal ? rawPieces : framedPieces)({
    piece: joiner.piece,
    bad: () => (bad += 1),
    isHeld: () => false,
  });
  chunks.forEach(pieces.write);
  pieces.end();
  joiner.end();
  return { lines, bad };
}

/** As an engine sends a message of a container without a terminal. */
export function frame(text: string | Buffer, stream: 'stdout' | 'stderr' = 'stdout'): Buffer {
  const bytes = Buffer.from(text);
  const head = Buffer.alloc(8);
  head[0] = stream === 'stdout' ? 1 : 2;
  head.writeUInt32BE(bytes.length, 4);
  return Buffer.concat([head, bytes]);
}

/** A time, so many nanoseconds within a second. */
export const at = (nanos: number, second = 0): string =>
  `2026-11-27T10:00:${String(second).padStart(2, '0')}.${String(nanos).padStart(9, '0')}Z`;

/** Cut at these places. */
export const cutAt = (bytes: Buffer, places: readonly number[]): readonly Buffer[] =>
  [...places, bytes.length].map((end, i) => bytes.subarray(i === 0 ? 0 : places[i - 1], end));
