import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import type { Tell } from '../core/define-source.ts';
import { hasCode } from '../disk/disk-errors.ts';
import type { Bell } from './bell.ts';
import { frameEnd, HEADER_BYTES, kindOf, MARK, readMark, RECORD, textIn } from './format.ts';
import { gapOf, hostOf } from './gaps.ts';
import type { Log } from './log.ts';
import { readFrames } from './segments.ts';
import type { Segment } from './segments.ts';

/** Where the reader is, kept outside of any subscription. */
export interface Place {
  /** The number of the next record; nothing before the first is known. */
  number: number | undefined;
}

export interface Reading {
  readonly log: Log;
  readonly place: Place;
  /** Resolves when there is more to read, when the sinks have room again, and when it is to stop. */
  readonly heard: Bell['heard'];
  readonly isOpen: () => boolean;
  readonly isOver: () => boolean;
  /** Whether nothing more will be appended. */
  readonly hasEnded: () => boolean;
  readonly emit: (record: unknown) => void;
  /** Called when a segment has been read to its end. */
  readonly passed: () => void;
  readonly tell: Tell;
  readonly persist: <R>(attempt: () => Promise<R>) => Promise<R>;
}

interface Reader {
  readonly segment: Segment;
  readonly file: FileHandle;
  at: number;
  /** The number of the next record in the file. */
  number: number;
}

/** Reads the journal from a place on and waits for more, until it has ended or is over. */
export async function readJournal(reading: Reading): Promise<void> {
  const { log, heard, isOpen, isOver, hasEnded, emit, passed, tell, persist } = reading;
  const place = reading.place as { number: number };
  let reader: Reader | undefined;
  let host = '';
  let lastMs = 0;

  const gapTo = (number: number, toMs: number): void => {
    const atLeast = number - place.number;
    const reason = log.lost(number);
    place.number = number;
    tell({ type: 'dropped', reason, count: atLeast });
    emit(gapOf({ host, nowMs: Date.now(), fromMs: lastMs, toMs, reason, atLeast }));
  };
  const close = async (): Promise<void> => {
    const closing = reader;
    reader = undefined;
    await closing?.file.close();
  };
  const openAt = async (segment: Segment): Promise<void> => {
    await close();
    try {
      const file = await open(segment.path, 'r');
      reader = { segment, file, at: HEADER_BYTES, number: segment.first };
    } catch (error) {
      if (!hasCode(error, 'ENOENT')) throw error;
      await log.forget(segment);
    }
  };
  /** The reader where the next frames are; nothing where none are left. */
  const advance = async (): Promise<Reader | undefined> => {
    for (;;) {
      const there = reader !== undefined && log.has(reader.segment) ? reader : undefined;
      if (there !== undefined && there.at < there.segment.bytes) return there;
      const next = there === undefined ? log.at(place.number) : log.after(there.segment);
      if (next === undefined) return undefined;
      await openAt(next);
      passed();
    }
  };
  /** Emits the records of the bytes; returns where it has stopped: at the end, because of a full sink, or by damage. */
  const emitAll = (from: Reader, bytes: Buffer): number => {
    let at = 0;
    for (let end = frameEnd(bytes, at); end > 0; end = frameEnd(bytes, at)) {
      const kind = kindOf(bytes, at);
      if (kind === MARK) {
        const mark = readMark(bytes, at);
        if (mark.number < from.number) break;
        from.number = mark.number;
        if (from.number > place.number) {
          host = hostAt(bytes, end) ?? host;
          gapTo(from.number, mark.ms);
        }
        lastMs = mark.ms;
      } else if (kind === RECORD) {
        if (from.number >= place.number) {
          const record = JSON.parse(textIn(bytes, at, end)) as unknown;
          host = hostOf(record) ?? host;
          place.number = from.number + 1;
          emit(record);
        }
        from.number += 1;
      }
      at = end;
      if (!isOpen() || isOver()) break;
    }
    return at;
  };

  try {
    while (!isOver()) {
      const nothing = place.number >= log.end;
      if (nothing && hasEnded()) return;
      if (nothing || !isOpen()) {
        await heard();
        continue;
      }
      const from = await persist(advance);
      if (from === undefined) {
        gapTo(log.end, Date.now());
        continue;
      }
      const bytes = await persist(() => readFrames(from.file, from.at, from.segment.bytes));
      if (!log.has(from.segment)) continue;
      const read = emitAll(from, bytes);
      from.at += read;
      if (read === 0) await persist(() => log.repair(from.segment, from.at, from.number));
    }
  } finally {
    await close();
  }
}

/** The host of the record at a place. */
function hostAt(bytes: Buffer, at: number): string | undefined {
  const end = frameEnd(bytes, at);
  return end > 0 && kindOf(bytes, at) === RECORD ? hostOf(JSON.parse(textIn(bytes, at, end))) : undefined;
}
