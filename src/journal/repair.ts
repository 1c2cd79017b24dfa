import { stat, truncate } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { syncFolder } from '../disk/folder.ts';
import { findMark, HEADER_BYTES, MARK_BYTES, readMark } from './format.ts';
import type { Mark } from './format.ts';
import { copyBytes, copySegment, readAt, removeFile, segmentPath, withFile } from './segments.ts';
import type { Aside, Segment } from './segments.ts';

export interface Repaired {
  /** What was damaged, kept for people. */
  readonly aside: Aside | undefined;
  /** What could be read behind it: a segment of its own now. */
  readonly saved: Segment | undefined;
}

const CHUNK_BYTES = 1024 * 1024;

/**
 * Cuts a segment off where it is damaged. What is damaged is kept aside in `SEGMENT.PLACE.corrupt`; from the next mark
 * on, whose number must be from `next` on and below `limit`, it becomes a segment of its own. Done again after a crash
 * in the middle, it comes to the same.
 */
export async function repairSegment(
  segment: Segment,
  at: number,
  next: number,
  limit: number,
): Promise<Repaired> {
  const { path, first } = segment;
  const { size, mtimeMs } = await stat(path);
  // Somebody may have cut it off there.
  if (size <= at) return { aside: undefined, saved: undefined };
  const asidePath = `${path}.${at}.corrupt`;
  const repaired = await withFile(path, 'r', async (file): Promise<Repaired> => {
    const mark = await nextMark(file, at, size, next, limit);
    const to = mark?.at ?? size;
    await withFile(asidePath, 'w', async (into) => {
      await copyBytes(file, at, to, into, 0);
      await into.sync();
    });
    const aside = { path: asidePath, bytes: to - at, lastMs: mtimeMs };
    if (mark === undefined) return { aside, saved: undefined };
    const { number, ms } = mark;
    const saved = segmentPath(dirname(path), number);
    await copySegment(file, to, size, { path: saved, first: number, madeMs: ms });
    return {
      aside,
      saved: { path: saved, first: number, bytes: HEADER_BYTES + size - to, lastMs: mtimeMs },
    };
  });
  // With a damaged header the saved one may have taken its place already.
  if (at >= HEADER_BYTES) await truncate(path, at);
  else if (repaired.saved?.first !== first) await removeFile(path);
  await syncFolder(dirname(path));
  return repaired;
}

/** The first mark from a place on whose number is from `next` on and below `limit`. */
export async function nextMark(
  file: FileHandle,
  from: number,
  to: number,
  next: number,
  limit: number,
): Promise<(Mark & { readonly at: number }) | undefined> {
  for (let start = from; start < to; start += CHUNK_BYTES) {
    const bytes = await readAt(file, start, Math.min(CHUNK_BYTES + MARK_BYTES, to - start));
    for (let found = findMark(bytes, 0); found >= 0; found = findMark(bytes, found + 1)) {
      const mark = readMark(bytes, found);
      if (mark.number >= next && mark.number < limit) return { ...mark, at: start + found };
    }
  }
  return undefined;
}
