import { PART_BYTES } from './pieces.ts';
import type { Piece, StreamName } from './pieces.ts';

/** A line, whole. */
export interface Line {
  readonly stream: StreamName;
  readonly time: string;
  readonly text: string;
  readonly isUnfinished: boolean;
  readonly truncatedBytes: number;
}

export interface JoinOptions {
  /** What of a line is beyond is left out. */
  readonly maxBytes: number;
  /** Whether a terminal has put a carriage return before each newline. */
  readonly isTerminal: boolean;
  /**
   * Docker cuts a line only into full parts, of 16 KiB or more, all with the time of the first. So a shorter one without
   * a newline ends its line, and so does one of another time. Podman cuts wherever it comes to.
   */
  readonly cutsInFull: boolean;
}

interface Part {
  readonly time: string;
  readonly bytes: Buffer[];
  length: number;
  truncated: number;
}

const CARRIAGE_RETURN = 13;

export interface LineJoiner {
  readonly piece: (piece: Piece) => void;
  /** What is there of lines will never end. */
  readonly end: () => void;
}

/** Joins the parts of lines, of each stream for itself. Holds `maxBytes` of each. */
export function lineJoiner(
  { maxBytes, isTerminal, cutsInFull }: JoinOptions,
  hear: (line: Line) => void,
): LineJoiner {
  const parts: Record<StreamName, Part | undefined> = { stdout: undefined, stderr: undefined };

  const tell = (
    stream: StreamName,
    time: string,
    bytes: Buffer,
    isUnfinished: boolean,
    lost: number,
  ): void => {
    const { length } = bytes;
    const kept = length + lost > maxBytes ? wholeCharacters(bytes, Math.min(length, maxBytes)) : length;
    const text = bytes.toString('utf8', 0, kept);
    hear({ stream, time, text, isUnfinished, truncatedBytes: length - kept + lost });
  };
  const flush = (stream: StreamName, isUnfinished: boolean, hadReturn = true): void => {
    const part = parts[stream];
    if (part === undefined) return;
    parts[stream] = undefined;
    const bytes = Buffer.concat(part.bytes);
    // It came before its newline did.
    const hasReturn = !hadReturn && bytes[bytes.length - 1] === CARRIAGE_RETURN;
    tell(stream, part.time, hasReturn ? bytes.subarray(0, -1) : bytes, isUnfinished, part.truncated);
  };
  return {
    piece({ stream, time, bytes: sent, isEnd, isWhole }) {
      const hasReturn = isTerminal && isEnd && sent[sent.length - 1] === CARRIAGE_RETURN;
      const bytes = hasReturn ? sent.subarray(0, -1) : sent;
      if (cutsInFull && parts[stream] !== undefined && parts[stream].time !== time) flush(stream, true);
      const breaksOff = !isEnd && cutsInFull && isWhole && bytes.length < PART_BYTES;
      if (parts[stream] === undefined && (isEnd || breaksOff)) {
        tell(stream, time, bytes, breaksOff, 0);
        return;
      }
      const part = (parts[stream] ??= { time, bytes: [], length: 0, truncated: 0 });
      const kept = Math.min(bytes.length, maxBytes - part.length);
      // A copy: what was received lies in a buffer with much else.
      if (kept > 0) part.bytes.push(Buffer.from(bytes.subarray(0, kept)));
      part.length += kept;
      part.truncated += bytes.length - kept;
      if (isEnd || breaksOff) flush(stream, breaksOff, hasReturn || !isTerminal);
    },
    end() {
      flush('stdout', true);
      flush('stderr', true);
    },
  };
}

/** How many of the first so many bytes make whole characters. */
function wholeCharacters(bytes: Buffer, length: number): number {
  let lead = length - 1;
  while (lead > 0 && length - lead < 4 && (bytes[lead]! & 0xc0) === 0x80) lead -= 1;
  const first = bytes[lead] ?? 0;
  const needs = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc0 ? 2 : 1;
  return lead + needs > length ? Math.max(lead, 0) : length;
}
