import { truncate } from 'node:fs/promises';
import { HEADER_BYTES } from './format.ts';
import type { SourcePlace } from './format.ts';
import { repairSegment } from './repair.ts';
import { scanSegment } from './scan.ts';
import type { Scan } from './scan.ts';
import { hasHeader, listFolder, removeFile } from './segments.ts';
import type { Aside, Folder, Segment } from './segments.ts';

export interface Found extends Folder {
  /** The number of the next record. */
  readonly next: number;
  /** When the last record came; 0 without one. */
  readonly lastMs: number;
  /** The last place of the source. */
  readonly place: SourcePlace | undefined;
  /** The records behind that place. */
  readonly tail: readonly string[];
  /** Whether the newest records are damaged: how many there were, no number tells. */
  readonly endIsDamaged: boolean;
}

/** Reads what there is in the journal's folder, and repairs what a crash or a bad disk has left. */
export async function openFolder(
  dir: string,
  tailBytes: number,
  tell: (message: string) => void,
): Promise<Found> {
  const listed = await listFolder(dir);
  let segments = [...listed.segments];
  const asides = [...listed.asides];
  let endIsDamaged = false;

  const repair = async (segment: Segment, at: number, next: number, limit: number): Promise<void> => {
    const { aside, saved } = await repairSegment(segment, at, next, limit);
    tell(damaged(segment, aside));
    if (aside !== undefined) asides.push(aside);
    segment.bytes = at;
    segments = segments.filter((other) => other !== segment || at >= HEADER_BYTES);
    if (saved !== undefined) segments = [...segments, saved].sort((a, b) => a.first - b.first);
    else if (limit === Infinity) endIsDamaged = true;
  };
  /** Of the newest segment, once it is whole. */
  const scanNewest = async (): Promise<Scan | undefined> => {
    for (let newest = segments.at(-1); newest !== undefined; newest = segments.at(-1)) {
      const scan = await scanSegment(newest, tailBytes);
      if (scan.rest === 'nothing') return scan;
      if (scan.rest === 'damaged') await repair(newest, scan.end, scan.next, Infinity);
      else {
        await truncate(newest.path, scan.end);
        const cut = newest.bytes - scan.end;
        tell(`${newest.path} ended in the middle of a record: its last ${cut} bytes have been cut off`);
        newest.bytes = scan.end;
      }
    }
    return undefined;
  };

  for (const [i, segment] of listed.segments.entries()) {
    if (await hasHeader(segment)) continue;
    if (segment.bytes > HEADER_BYTES)
      await repair(segment, 0, segment.first, listed.segments[i + 1]?.first ?? Infinity);
    else {
      // The crash came while it was being made.
      await removeFile(segment.path);
      segments = segments.filter((other) => other !== segment);
    }
  }
  const scan = await scanNewest();
  const behind =
    scan === undefined ? { place: undefined, tail: [] } : await lastPlace(segments, scan, tailBytes);
  const { next = 0, lastMs = 0 } = scan ?? {};
  return { segments, asides, next, lastMs, ...behind, endIsDamaged };
}

/** The last place of the source, and all records behind it: back to the segment they begin in. */
async function lastPlace(
  segments: readonly Segment[],
  newest: Scan,
  tailBytes: number,
): Promise<Pick<Found, 'place' | 'tail'>> {
  let { place, tail } = newest;
  let left = tailBytes - bytesOf(tail);
  for (let i = segments.length - 1; i > 0 && left > 0; i -= 1) {
    if (place !== undefined && place.number >= segments[i]!.first) break;
    const older = await scanSegment(segments[i - 1]!, left);
    place ??= older.place;
    tail = [...older.tail, ...tail];
    left -= bytesOf(older.tail);
  }
  return { place, tail };
}

const bytesOf = (texts: readonly string[]): number => texts.reduce((sum, { length }) => sum + length, 0);

export const damaged = ({ path }: Segment, aside: Aside | undefined): string =>
  aside === undefined
    ? `${path} has been cut off: what was behind is lost`
    : `${path} is damaged: ${aside.bytes} bytes of it are in ${aside.path} now, the rest is read`;
