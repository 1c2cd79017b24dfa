import {
  BAD,
  CURSOR,
  frameEnd,
  HEADER_BYTES,
  kindOf,
  MARK,
  readMark,
  readPlace,
  RECORD,
  SHORT,
  textIn,
} from './format.ts';
import type { SourcePlace } from './format.ts';
import { nextMark } from './repair.ts';
import { readAt, readFrames, withFile } from './segments.ts';
import type { Segment } from './segments.ts';

/** What a segment tells of where the journal has come to. */
export interface Scan {
  /** Where its whole frames end. */
  readonly end: number;
  /**
   * What is behind them. `torn`: the one being written when the process or the machine died. `damaged`: something
   * else.
   */
  readonly rest: 'nothing' | 'torn' | 'damaged';
  /** The number of the next record. */
  readonly next: number;
  /** When the last record came; 0 without one. */
  readonly lastMs: number;
  /** The last place of the source that it tells. */
  readonly place: SourcePlace | undefined;
  /** Its records behind that place. */
  readonly tail: readonly string[];
}

/** `tailBytes`: of the tail no more is kept than so many characters, the oldest. */
export async function scanSegment({ path, first, bytes }: Segment, tailBytes: number): Promise<Scan> {
  let next = first;
  let lastMs = 0;
  let place: SourcePlace | undefined;
  let tail: string[] = [];
  let kept = 0;
  const take = (chunk: Buffer, at: number, end: number): boolean => {
    const kind = kindOf(chunk, at);
    if (kind === MARK) {
      const mark = readMark(chunk, at);
      if (mark.number < next) return false;
      next = mark.number;
      lastMs = mark.ms;
    } else if (kind === RECORD) {
      next += 1;
      kept += end - at;
      if (kept <= tailBytes) tail.push(textIn(chunk, at, end));
    } else if (kind === CURSOR) {
      place = readPlace(chunk, at, end);
      tail = [];
      kept = 0;
    }
    return true;
  };
  return withFile(path, 'r', async (file) => {
    let at = HEADER_BYTES;
    let stopped = 0;
    while (at < bytes && stopped === 0) {
      const chunk = await readFrames(file, at, bytes);
      let here = 0;
      let end = frameEnd(chunk, here);
      for (; end > 0 && take(chunk, here, end); end = frameEnd(chunk, here)) here = end;
      at += here;
      // A frame cut off by the chunk comes whole with the next one.
      if (end !== SHORT || here === 0) stopped = end > 0 ? BAD : end;
    }
    const rest = stopped === 0 ? 'nothing' : (await isTorn()) ? 'torn' : 'damaged';
    return { end: at, rest, next, lastMs, place, tail };

    async function isTorn(): Promise<boolean> {
      if ((await nextMark(file, at, bytes, next, Infinity)) !== undefined) return false;
      return stopped === SHORT || isZero(await readAt(file, at, bytes - at));
    }
  });
}

const isZero = (bytes: Buffer): boolean => bytes.every((byte) => byte === 0);
