import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { messageOf } from '../core/errors.ts';
import { inTurn } from '../core/in-turn.ts';
import { makeFolder, syncFolder } from '../disk/folder.ts';
import { encodeHeader, HEADER_BYTES, placeFrame } from './format.ts';
import type { SourcePlace } from './format.ts';
import { keeping } from './keeping.ts';
import type { KeepOptions, Lost } from './keeping.ts';
import { damaged, openFolder } from './recovery.ts';
import type { Found } from './recovery.ts';
import { repairSegment } from './repair.ts';
import { FILE_MODE, segmentPath, writeAt } from './segments.ts';
import type { Segment } from './segments.ts';
import { fitting } from './waiting.ts';
import type { Pack } from './waiting.ts';

export interface LogOptions extends KeepOptions {
  readonly dir: string;
  readonly sync: 'batch' | 'never' | { readonly everyMs: number };
  /** Of the records behind the last place of the source, so many characters are found again. */
  readonly tailBytes: number;
  /** The number of the next record that the reader reads. */
  readonly place: () => number | undefined;
  /** A place of the source that was in the journal once: it counts where the journal has lost it. */
  readonly behind: SourcePlace | undefined;
  readonly tell: (message: string) => void;
  /** Called when there is more to read. */
  readonly grown: () => void;
}

/** The segments of a folder, the newest of which is written: numbered records in their order. */
export interface Log {
  readonly found: Found;
  /** The last place of the source. */
  readonly behind: SourcePlace | undefined;
  /** The records found behind it. */
  readonly tail: readonly string[];
  /** The number of the oldest record kept. */
  readonly oldest: number;
  /** The number behind the last record appended. */
  readonly end: number;
  /** The segment of a record, or the next one where it is not kept. */
  readonly at: (number: number) => Segment | undefined;
  readonly after: (segment: Segment) => Segment | undefined;
  readonly has: (segment: Segment) => boolean;
  /** Why the records before this one are not there. */
  readonly lost: (below: number) => Lost;
  /**
   * Appends the packs, taking each off the list once it is there for good, and then the place of the source behind
   * them. False when there is no room before the reader has read on. Called again, also after an error, it goes on.
   */
  readonly append: (packs: Pack[], behind: string | undefined) => Promise<boolean>;
  /** Cuts out what is damaged; `next` is the number of the record expected there. */
  readonly repair: (segment: Segment, at: number, next: number) => Promise<void>;
  /** Gives up a segment that somebody has taken away. */
  readonly forget: (segment: Segment) => Promise<void>;
  readonly close: () => Promise<void>;
}

interface Current {
  readonly segment: Segment;
  readonly file: FileHandle;
  readonly madeMs: number;
  /** Whether there is something that has not been synced. */
  dirty: boolean;
  /** Whether there may be something behind its end. */
  failed: boolean;
}

const MAX_WRITE_BYTES = 4 * 1024 * 1024;
const SEGMENTS = 8;
const LARGEST_SEGMENT = 64 * 1024 * 1024;
const LONGEST_TICK_MS = 60_000;
const SHORTEST_TICK_MS = 100;
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** How large a segment becomes: a part of all, as so much is dropped at a time. */
export const segmentBytes = (maxBytes: number): number =>
  Math.min(LARGEST_SEGMENT, Math.floor(maxBytes / SEGMENTS));

const lastOf = <T>(all: readonly T[], count: number): readonly T[] =>
  all.slice(Math.max(0, all.length - Math.max(0, count)));

/** Opens the journal in a folder that is ours, and goes on behind its last record. */
export async function openLog(options: LogOptions): Promise<Log> {
  const { dir, maxBytes, keepMs, sync, tell, grown } = options;
  const found = await openFolder(dir, options.tailBytes, tell);
  const kept = keeping(found, options);
  const { segments } = kept;
  const fullBytes = segmentBytes(maxBytes);
  const exclusive = inTurn();
  const readUpTo = (): number => options.place() ?? 0;
  // Records that were read and are gone, as after a power cut: their numbers are not given again.
  let end = Math.max(found.next, readUpTo(), options.behind?.number ?? 0);
  const lostPlace = (options.behind?.number ?? -1) > (found.place?.number ?? -1) ? options.behind : undefined;
  let before = lostPlace ?? found.place;
  const newest = segments.at(-1);
  let current = newest === undefined ? undefined : await reopen(newest);

  async function reopen(segment: Segment): Promise<Current> {
    const file = await open(segment.path, 'r+');
    return { segment, file, madeMs: segment.lastMs, dirty: false, failed: false };
  }
  const begin = async (): Promise<Current> => {
    const path = segmentPath(dir, end);
    const header = encodeHeader({ first: end, madeMs: Date.now() });
    const bytes = before === undefined ? header : Buffer.concat([header, placeFrame(before)]);
    await makeFolder(dir);
    // Without records: what is there of that number was left by an attempt that failed.
    const file = await open(path, 'w', FILE_MODE);
    try {
      await writeAt(file, bytes, 0);
      if (sync !== 'never') await syncFolder(dir);
    } catch (error) {
      await file.close();
      throw error;
    }
    const segment = { path, first: end, bytes: bytes.length, lastMs: Date.now() };
    kept.add(segment);
    return { segment, file, madeMs: segment.lastMs, dirty: true, failed: false };
  };
  const seal = async (): Promise<void> => {
    const sealed = current;
    if (sealed === undefined) return;
    if (sealed.failed) await sealed.file.truncate(sealed.segment.bytes);
    if (sealed.dirty && sync !== 'never') await sealed.file.datasync();
    current = undefined;
    await sealed.file.close();
  };
  const giveUp = async (segment: Segment): Promise<void> => {
    if (!segments.includes(segment)) return;
    tell(`${segment.path} is gone: somebody has taken it away`);
    if (current?.segment === segment) await seal();
    kept.remove(segment);
  };
  /** The segment that is written; a new one where it is full, old, or was taken away. */
  const withRoom = async (bytes: number): Promise<Current> => {
    if (current !== undefined && (await current.file.stat()).nlink === 0) await giveUp(current.segment);
    if (current !== undefined) {
      const { segment, madeMs } = current;
      const isFull = segment.bytes + bytes > fullBytes;
      const isOld = Date.now() - madeMs > keepMs / SEGMENTS;
      if (segment.first === end || !(isFull || isOld)) return current;
      await seal();
    }
    return (current = await begin());
  };
  const write = async (to: Current, bytes: Buffer): Promise<void> => {
    const { segment, file } = to;
    to.failed = true;
    await writeAt(file, bytes, segment.bytes);
    if (sync === 'batch') await file.datasync();
    to.failed = false;
    to.dirty = sync !== 'batch';
    segment.lastMs = Date.now();
    kept.resize(segment, segment.bytes + bytes.length);
  };
  const append: Log['append'] = async (packs, behind) => {
    for (;;) {
      const newest = packs.at(-1);
      const number = newest === undefined ? end : newest.first + newest.records;
      const isNews = behind !== undefined && behind !== before?.text;
      const last = isNews ? placeFrame({ number, text: behind }) : undefined;
      const first = packs[0]?.bytes ?? last;
      if (first === undefined) return true;
      // A new segment begins with the last place.
      const head = HEADER_BYTES + (before === undefined ? 0 : placeFrame(before).length);
      const more = head + (last?.length ?? 0);
      if (!(await kept.makeRoom(first.length + more, readUpTo()))) return false;
      const to = await withRoom(first.length);
      const group = fitting(packs, Math.min(MAX_WRITE_BYTES, kept.room - more, fullBytes - to.segment.bytes));
      const bytes = group.map((pack) => pack.bytes);
      const isAll = group.length === packs.length;
      await write(to, Buffer.concat(isAll && last !== undefined ? [...bytes, last] : bytes));
      packs.splice(0, group.length);
      for (const { first, records } of group) end = first + records;
      if (isAll && isNews) before = { number, text: behind };
      grown();
    }
  };
  const expire = async (): Promise<void> => {
    if (
      current !== undefined &&
      Date.now() - current.segment.lastMs > keepMs &&
      current.segment.first < end
    ) {
      await seal();
      current = await begin();
    }
    await kept.expire(Date.now());
  };
  const syncNow = async (): Promise<void> => {
    if (current?.dirty !== true) return;
    current.dirty = false;
    await current.file.datasync();
  };
  const inBackground = (task: () => Promise<void>): void => {
    exclusive(task).catch((error: unknown) => tell(`${dir}: ${messageOf(error)}`));
  };
  const every = (ms: number, task: () => Promise<void>): NodeJS.Timeout =>
    setInterval(() => inBackground(task), Math.min(ms, LONGEST_TIMER_MS));
  const timers: NodeJS.Timeout[] = [];
  if (typeof sync === 'object') timers.push(every(sync.everyMs, syncNow));
  if (keepMs < Infinity)
    timers.push(every(Math.min(Math.max(keepMs / SEGMENTS, SHORTEST_TICK_MS), LONGEST_TICK_MS), expire));

  return {
    found,
    get behind() {
      return before;
    },
    tail: lostPlace === undefined ? found.tail : lastOf(found.tail, found.next - lostPlace.number),
    get oldest() {
      return segments[0]?.first ?? end;
    },
    get end() {
      return end;
    },
    at: (number) => segments.findLast(({ first }) => first <= number) ?? segments[0],
    after: (segment) => segments[segments.indexOf(segment) + 1],
    has: (segment) => segments.includes(segment),
    lost: kept.lost,
    append: (packs, behind) => exclusive(() => append(packs, behind)),
    repair: (segment, at, next) =>
      exclusive(async () => {
        if (current?.segment === segment) await seal();
        const limit = segments[segments.indexOf(segment) + 1]?.first ?? end;
        const { aside, saved } = await repairSegment(segment, at, next, limit);
        kept.resize(segment, at);
        if (aside !== undefined) kept.addAside(aside);
        if (at < HEADER_BYTES) kept.remove(segment);
        if (saved !== undefined) kept.add(saved);
        tell(damaged(segment, aside));
      }),
    forget: (segment) => exclusive(() => giveUp(segment)),
    close: () =>
      exclusive(async () => {
        timers.forEach(clearInterval);
        try {
          await seal();
        } finally {
          await current?.file.close();
        }
      }),
  };
}
