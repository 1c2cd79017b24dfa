import type { LogLine } from '../../records/log-line.ts';
import { timeReader } from './log-times.ts';

export type StreamName = LogLine['stream'];

/** A line, or a part of one: the engine sends long ones in several. */
export interface Piece {
  readonly stream: StreamName;
  /** RFC 3339, UTC, nine digits of fraction. */
  readonly time: string;
  /** Without the newline; only for the moment. */
  readonly bytes: Buffer;
  /** Its newline was there. */
  readonly isEnd: boolean;
  /** As long as the engine made it; else more of it may follow. */
  readonly isWhole: boolean;
}

export interface HearPieces {
  readonly piece: (piece: Piece) => void;
  /** What has no time: not of a log. */
  readonly bad: () => void;
  /** Whoever hears has enough for now: what is left of a chunk waits for the next one, which may be empty. */
  readonly isHeld: () => boolean;
}

/** Cuts the bytes of a log answer into pieces. Throws where they cannot be those of a log. */
export interface PieceReader {
  readonly write: (chunk: Buffer) => void;
  /** No more will come. */
  readonly end: () => void;
}

/** The engine cuts longer lines, and puts the time before each part. */
export const PART_BYTES: number = 16 * 1024;
const HEADER_BYTES = 8;
/** No engine sends longer ones: 16 KiB and the time are usual, and what a driver reads at once is the most. */
const MAX_FRAME_BYTES = 4 * 1024 * 1024;
const NEWLINE = 10;
const STDERR = 2;

/** Of a container without a terminal: frames, each with its stream and its length. Truth: Docker Engine API, attach. */
export function framedPieces({ piece, bad, isHeld }: HearPieces): PieceReader {
  const readTime = timeReader();
  let rest: Buffer | undefined;

  const hear = (stream: StreamName, frame: Buffer): void => {
    const read = readTime(frame, 0);
    if (read === undefined) return bad();
    const isEnd = frame[frame.length - 1] === NEWLINE;
    const bytes = frame.subarray(read.bytes, isEnd ? frame.length - 1 : frame.length);
    piece({ stream, time: read.time, bytes, isEnd, isWhole: true });
  };
  return {
    write(chunk) {
      const bytes = rest === undefined ? chunk : Buffer.concat([rest, chunk]);
      let at = 0;
      while (at + HEADER_BYTES <= bytes.length && !isHeld()) {
        const length = bytes.readUInt32BE(at + 4);
        if (length > MAX_FRAME_BYTES)
          throw new Error(`what it sent is no log: a frame of ${length} bytes, of type ${bytes[at]}`);
        const from = at + HEADER_BYTES;
        if (from + length > bytes.length) break;
        at = from + length;
        hear(bytes[from - HEADER_BYTES] === STDERR ? 'stderr' : 'stdout', bytes.subarray(from, at));
      }
      rest = at === bytes.length ? undefined : Buffer.from(bytes.subarray(at));
    },
    // A frame that is not whole was cut off.
    end: () => undefined,
  };
}

/** An engine's time and the space behind it. */
const STAMP_BYTES = 31;

/**
 * Of a container with a terminal: what it wrote, each line and each part of a long one behind its time. An engine sends
 * a part as a chunk, so a time at the beginning of a chunk begins a part; where a proxy has put chunks together, it is
 * the same time again behind so many bytes.
 */
export function rawPieces({ piece, bad, isHeld }: HearPieces): PieceReader {
  const readTime = timeReader();
  let rest: Buffer | undefined;
  /** Of the part under way. */
  let time: string | undefined;
  let sent = 0;

  const tell = (bytes: Buffer, isEnd: boolean): void => {
    if (time === undefined) bad();
    else if (bytes.length > 0 || isEnd) piece({ stream: 'stdout', time, bytes, isEnd, isWhole: false });
    sent += bytes.length;
    if (isEnd) time = undefined;
  };
  const begins = (bytes: Buffer, at: number, isSame: boolean): number => {
    const read = readTime(bytes, at);
    if (read === undefined || (isSame && read.time !== time)) return at;
    time = read.time;
    sent = 0;
    return at + read.bytes;
  };
  /** It may be a half of a time. */
  const isShort = (bytes: Buffer, at: number): boolean =>
    bytes.length - at < STAMP_BYTES && bytes.indexOf(NEWLINE, at) < 0;
  return {
    write(chunk) {
      const bytes = rest === undefined ? chunk : Buffer.concat([rest, chunk]);
      let at = 0;
      /** What may begin here: any part, or only one that goes on with the line. */
      let begin: 'any' | 'same' = 'any';
      while (at < bytes.length && !isHeld()) {
        if (isShort(bytes, at)) break;
        at = begins(bytes, at, begin === 'same');
        const newline = bytes.indexOf(NEWLINE, at);
        const end = newline < 0 ? bytes.length : newline;
        const part = at + PART_BYTES - sent;
        const isPart = time !== undefined && part > at && part < end;
        tell(bytes.subarray(at, isPart ? part : end), !isPart && newline >= 0);
        at = isPart ? part : end + 1;
        begin = isPart ? 'same' : 'any';
      }
      rest = at < bytes.length ? Buffer.from(bytes.subarray(at)) : undefined;
    },
    end() {
      if (rest !== undefined) tell(rest.subarray(begins(rest, 0, false)), false);
    },
  };
}
