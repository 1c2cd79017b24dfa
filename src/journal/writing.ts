import { BehaviorSubject, NEVER, of } from 'rxjs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { sourceBooks } from '../core/books.ts';
import type { Cursor, Tell } from '../core/define-source.ts';
import { intake } from '../core/intake.ts';
import type { Source } from '../core/types.ts';
import { textOf } from '../records/text.ts';
import { recognisesAgain } from './again.ts';
import { bell } from './bell.ts';
import { butFor, gapOf, hostOf } from './gaps.ts';
import type { SourcePlace } from './format.ts';
import type { Log } from './log.ts';
import { waiting } from './waiting.ts';
import type { Pack } from './waiting.ts';

export interface Writing<T> {
  readonly source: Source<T>;
  readonly cursor: Cursor | undefined;
  readonly log: Log;
  /** Records that the source may emit once more. */
  readonly tail: readonly string[];
  /** Larger records are rejected. */
  readonly maxRecordBytes: number;
  /** Whether the source is stopped while much waits. */
  readonly stopsReading: boolean;
  /** How many records were given up when it was stopped before. */
  readonly abandoned: number;
  readonly tell: Tell;
  readonly persist: <R>(attempt: () => Promise<R>) => Promise<R>;
}

/** How the source has ended: by itself, by an error, or because it was stopped. */
export interface Ending {
  readonly error?: unknown;
  /** How many records had to be given up, as the disk would not take them. */
  readonly abandoned?: number;
}

export interface Writer {
  /** Resolves once the source has ended and all that came of it has been appended, or given up. */
  readonly done: Promise<Ending>;
  /** Where the source was before its first record, once it says so. */
  readonly start: () => SourcePlace | undefined;
  /** The reader has gone on: there may be room. */
  readonly wake: () => void;
  /** Ends the source. */
  readonly stop: () => void;
}

/** So much waits for the disk at most: what comes beyond it is dropped. */
export const WAITING_BYTES: number = 32 * 1024 * 1024;
const PACK_BYTES = 64 * 1024;

/** Reads a source all the time, and appends what comes of it. */
export function writeJournal<T>(writing: Writing<T>): Writer {
  const { source, cursor, log, tail, maxRecordBytes, stopsReading, tell, persist } = writing;
  const { ring, heard } = bell();
  const hasRoom = new BehaviorSubject(true);
  const queue = waiting(log.end, Math.min(PACK_BYTES, maxRecordBytes), Date.now);
  const again = recognisesAgain(tail);
  let ending: Ending | undefined;
  let stopped = false;
  let missed = writing.abandoned;
  let missedMs = log.found.lastMs;
  let host = '';
  const first = log.end;
  let start: SourcePlace | undefined;
  let hasCome = false;
  let place = log.behind?.text ?? '';
  let sincePlace = 0;

  const addGap = (reason: string, atLeast: number, fromMs: number): void => {
    const nowMs = Date.now();
    queue.add(JSON.stringify(gapOf({ host, nowMs, fromMs, toMs: nowMs, reason, atLeast })));
  };
  const addMissed = (): void => {
    if (missed > 0) addGap('journal-behind', missed, missedMs);
    missed = 0;
  };
  const steer = (): void => {
    const isOpen = queue.bytes <= WAITING_BYTES / (hasRoom.value ? 2 : 4);
    if (isOpen !== hasRoom.value) hasRoom.next(isOpen);
  };
  const add = (text: string): void => {
    addMissed();
    const wasEmpty = queue.records === 0;
    queue.add(text);
    if (wasEmpty) ring();
    steer();
  };
  const accept = (record: T): void => {
    hasCome = true;
    let text: string;
    try {
      text = textOf(record);
    } catch {
      return tell({ type: 'rejected', reason: 'unencodable', count: 1 });
    }
    if (again.has(text)) return;
    if (again.outstanding() > 0) text = butFor(again.outstanding(), record) ?? text;
    host = hostOf(record) ?? host;
    if (text.length * 3 > maxRecordBytes && Buffer.byteLength(text) > maxRecordBytes)
      return tell({ type: 'rejected', reason: 'too-large', count: 1 });
    if (queue.bytes + text.length <= WAITING_BYTES) return add(text);
    if (missed === 0) missedMs = Date.now();
    missed += 1;
    tell({ type: 'dropped', reason: 'journal-behind', count: 1 });
  };
  /** The place of the source, where it is to be appended: it may be long, so with as many bytes of records. */
  const nextPlace = (bytes: number): string | undefined => {
    sincePlace += bytes;
    if (ending === undefined && sincePlace < place.length) return undefined;
    const now = placeOf(cursor);
    if (now === undefined) return undefined;
    place = now;
    sincePlace = 0;
    return place;
  };

  const attempt = (batch: Pack[], behind: string | undefined): Promise<boolean> =>
    persist(() => log.append(batch, behind)).catch((error: unknown) => {
      if (stopped) return false;
      throw error;
    });
  /** Returns how many records could not be appended before it was stopped. */
  const appendAll = async (): Promise<number> => {
    // Before the place of the source goes beyond them.
    addMissed();
    const batch = queue.take();
    const behind = nextPlace(batch.reduce((sum, { bytes }) => sum + bytes.length, 0));
    for (let tries = 1; !(await attempt(batch, behind)); tries += 1) {
      if (stopped) return batch.reduce((sum, { records }) => sum + records, queue.records);
      if (tries === 1) tell({ type: 'notice', message: 'the journal is full: the sinks have to read on' });
      await heard();
    }
    queue.settle();
    steer();
    return 0;
  };
  const work = async (): Promise<Ending> => {
    for (;;) {
      while (queue.records === 0 && ending === undefined) await heard();
      // What comes in one turn is written at once; and a cursor is read between two records.
      await nextTurn();
      const isLast = ending !== undefined;
      const abandoned = await appendAll();
      if (abandoned > 0) {
        tell({ type: 'dropped', reason: 'abandoned', count: abandoned });
        return { abandoned };
      }
      if (isLast) return ending ?? {};
    }
  };

  if (log.found.endIsDamaged) addGap('journal-damaged', 0, log.found.lastMs);
  const end = (how: Ending): void => {
    ending ??= how;
    ring();
  };
  const open = stopsReading ? hasRoom : of(true);
  // The run's own books tell what became of the records; here only what comes is told.
  const input = intake(source, sourceBooks('', source), { open, stopping: NEVER }, undefined, tell).subscribe(
    {
      next: accept,
      error: (error: unknown) => end({ error }),
      complete: () => end({}),
    },
  );
  return {
    done: work(),
    start: () => {
      const text = hasCome ? undefined : placeOf(cursor);
      if (text !== undefined) start = { number: first, text };
      return start;
    },
    wake: ring,
    stop: () => {
      stopped = true;
      input.unsubscribe();
      end({});
    },
  };
}

function placeOf(cursor: Cursor | undefined): string | undefined {
  const place = cursor?.read();
  return place === undefined ? undefined : JSON.stringify(place);
}
