import type { ServerResponse } from 'node:http';

/** Where an answer breaks off: inside a line, inside a character of several bytes, or inside a line by a clean end. */
export type CutPlace = 'line' | 'character' | 'clean';

/** What a bad proxy does to the lines of one answer on their way. */
export interface Mangler {
  readonly pass: (chunk: Buffer) => void;
  /** What has come of an unfinished line. */
  readonly flush: () => void;
  /** In the next line that has such a place. */
  readonly cut: (place: CutPlace) => void;
  /** So many lines never arrive. */
  readonly eatLines: (count: number) => void;
  /** The second half of a line never arrives, nor its line break: the rest of it runs into the line behind. */
  readonly eatTail: () => void;
}

/** Sizes of torn pieces, over and over: primes, so that in time every place in a line and a character is hit. */
const PIECES = [1, 2, 3, 5, 7, 13, 31, 61, 127];

const NEWLINE = 10;
const FIRST_LEADING_BYTE = 0xc0;

/** Mangles what goes to `outgoing`; `inPieces` says whether lines are torn into small chunks at the moment; `spoiled` hears of lines that never arrive. */
export function mangler(
  outgoing: ServerResponse,
  inPieces: () => boolean,
  spoiled: (line: string) => void,
): Mangler {
  let unfinished: Buffer = Buffer.alloc(0);
  let place: CutPlace | undefined;
  let linesToEat = 0;
  let tailsToEat = 0;
  let hasTailBefore = false;
  let turn = 0;

  const write = (bytes: Buffer): void => {
    if (!inPieces()) return void outgoing.write(bytes);
    for (let at = 0; at < bytes.length; turn += 1) {
      const size = PIECES[turn % PIECES.length]!;
      outgoing.write(bytes.subarray(at, at + size));
      at += size;
    }
  };
  /** As when the other end dies: more bytes were announced than come. */
  const breakOff = (line: Buffer, at: number): void => {
    outgoing.socket?.write(`${line.length.toString(16)}\r\n`);
    outgoing.socket?.write(line.subarray(0, at));
    outgoing.destroy();
  };
  const passLine = (line: Buffer): void => {
    const half = line.length >> 1;
    const at = place === 'character' ? line.findIndex((byte) => byte >= FIRST_LEADING_BYTE) + 1 : half;
    if (linesToEat > 0 || tailsToEat > 0 || hasTailBefore) spoiled(line.toString().trimEnd());
    if (linesToEat > 0) linesToEat -= 1;
    else if (tailsToEat > 0) {
      tailsToEat -= 1;
      hasTailBefore = true;
      write(line.subarray(0, half));
    } else if (place === undefined || at === 0) {
      hasTailBefore = false;
      write(line);
    } else if (place === 'clean') outgoing.end(line.subarray(0, at));
    else breakOff(line, at);
  };

  return {
    pass: (chunk) => {
      const bytes = unfinished.length === 0 ? chunk : Buffer.concat([unfinished, chunk]);
      let start = 0;
      for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
        const line = bytes.subarray(start, end + 1);
        start = end + 1;
        if (!outgoing.writableEnded && !outgoing.destroyed) passLine(line);
      }
      unfinished = bytes.subarray(start);
    },
    flush: () => {
      if (unfinished.length > 0) write(unfinished);
    },
    cut: (next) => {
      place = next;
    },
    eatLines: (count) => {
      linesToEat += count;
    },
    eatTail: () => {
      tailsToEat += 1;
    },
  };
}
