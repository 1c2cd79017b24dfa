import { hasCode } from '../disk/disk-errors.ts';
import { frameEnd, HEADER_BYTES, kindOf, MARK, readMark, RECORD, textIn } from '../journal/format.ts';
import type { Log } from '../journal/log.ts';
import { readFrames, withFile } from '../journal/segments.ts';
import type { Segment } from '../journal/segments.ts';
import type { Entry } from './ring.ts';

/** Reads on: some of the next events, up to the one of a number; none where there are no more. What is missing is passed over. */
export type LogReader = (to: number) => Promise<readonly Entry[]>;

/**
 * Reads a log from an event on. However many read, one at a time has a chunk in memory and a file open: `inOrder`.
 */
export function logReader(
  log: Log,
  event: number,
  inOrder: <R>(task: () => Promise<R>) => Promise<R>,
): LogReader {
  /** The log counts from 0. */
  let next = event - 1;
  let segment: Segment | undefined;
  let at = 0;
  /** The number of the record at that place. */
  let here = 0;
  const goTo = (other: Segment | undefined): void => {
    segment = other;
    at = HEADER_BYTES;
    here = other?.first ?? 0;
  };
  const take = (bytes: Buffer, to: number): readonly Entry[] => {
    const entries: Entry[] = [];
    let done = 0;
    for (let end = frameEnd(bytes, 0); end > 0 && here < to; end = frameEnd(bytes, done)) {
      const kind = kindOf(bytes, done);
      if (kind === MARK) here = readMark(bytes, done).number;
      if (here >= to) break;
      if (kind === RECORD) {
        if (here >= next) entries.push({ event: here + 1, sample: 0, text: textIn(bytes, done, end) });
        here += 1;
      }
      done = end;
    }
    at += done;
    // Damaged: the run that finds it repairs it, at its next start.
    if (done === 0 && here < to) goTo(log.after(segment!));
    return entries;
  };
  const read = async (to: number): Promise<readonly Entry[]> => {
    while (next < to) {
      if (segment === undefined || !log.has(segment)) goTo(log.at(next));
      else if (at >= segment.bytes) {
        const after = log.after(segment);
        if (after === undefined) return [];
        goTo(after);
      }
      const from = segment;
      if (from === undefined || here >= to) return [];
      try {
        const entries = take(await withFile(from.path, 'r', (file) => readFrames(file, at, from.bytes)), to);
        if (entries.length === 0) continue;
        next = entries.at(-1)!.event;
        return entries;
      } catch (error) {
        if (!hasCode(error, 'ENOENT')) throw error;
        goTo(log.after(from));
      }
    }
    return [];
  };
  return (to) => inOrder(() => read(to));
}
