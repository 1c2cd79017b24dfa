import { join } from 'node:path';
import { Observable } from 'rxjs';
import type { Subscriber } from 'rxjs';
import { traitsOf } from '../core/define-source.ts';
import type { Cursor, Tell } from '../core/define-source.ts';
import { messageOf, PipelineError } from '../core/errors.ts';
import { persistently } from '../core/persistently.ts';
import type { Json, Source } from '../core/types.ts';
import { diskError } from '../disk/disk-errors.ts';
import type { Phase } from '../disk/disk-errors.ts';
import { makeFolder } from '../disk/folder.ts';
import { takeLock } from '../disk/lock.ts';
import { bell } from './bell.ts';
import type { Bell } from './bell.ts';
import type { SourcePlace } from './format.ts';
import { openLog, segmentBytes } from './log.ts';
import type { Log, LogOptions } from './log.ts';
import { readJournal } from './reading.ts';
import type { Place } from './reading.ts';
import { WAITING_BYTES, writeJournal } from './writing.ts';
import type { Ending } from './writing.ts';

/** What outlives a subscription. */
export interface Memory {
  readonly place: Place;
  /** The last place of the source in the journal; before the first is there, where the source began. */
  behind: () => SourcePlace | undefined;
  /** Whether the journal has been open: the source's own place is known to it then. */
  isKnown: boolean;
  /** Records that the subscription before had to give up. */
  abandoned: number;
  /** Settles when the subscription before has let go of the folder. */
  closed: Promise<void>;
}

export interface Session<T> extends Pick<LogOptions, 'dir' | 'maxBytes' | 'keepMs' | 'sync' | 'whenFull'> {
  readonly source: Source<T>;
  readonly memory: Memory;
  readonly tell: Tell;
  /** False while a sink is full. */
  readonly gate: Observable<boolean>;
}

/** The records of a source as the journal gives them, which it writes at the same time. */
export function readThrough<T, R>(session: Session<T>): Observable<R> {
  return new Observable((out) => {
    const { memory } = session;
    const stopping = new AbortController();
    const stop = (): void => stopping.abort();
    const before = memory.closed;
    const over = before.then(() => run(session, stopping.signal, out as Subscriber<unknown>));
    memory.closed = over.then(
      () => undefined,
      () => undefined,
    );
    over.then(
      (ending) => ('error' in ending ? out.error(ending.error) : out.complete()),
      (error: unknown) => out.error(error),
    );
    return stop;
  });
}

/** Resolves with the end of the source, once everything is read and let go of. */
async function run<T>(session: Session<T>, signal: AbortSignal, out: Subscriber<unknown>): Promise<Ending> {
  const { dir, memory } = session;
  const phase: Phase = memory.isKnown ? 'run' : 'start';
  const translated = (error: unknown): never => {
    throw diskError(error, dir, phase, 'SOURCE');
  };
  const told = (error: unknown): void =>
    session.tell({ type: 'notice', message: messageOf(diskError(error, dir, 'run', 'SOURCE')) });
  if (signal.aborted) return {};
  const wake = bell();
  const unlock = await makeFolder(dir)
    .then(() => lockFolder(dir))
    .catch(translated);
  try {
    const log = await openLog({
      ...session,
      tailBytes: traitsOf(session.source).cursor === undefined ? 0 : WAITING_BYTES,
      place: () => memory.place.number,
      behind: memory.behind(),
      tell: (message) => session.tell({ type: 'notice', message }),
      grown: wake.ring,
    }).catch(translated);
    try {
      return await work(session, log, wake, signal, out);
    } finally {
      await log.close().catch(told);
    }
  } finally {
    await unlock().catch(told);
  }
}

async function work<T>(
  { source, dir, maxBytes, whenFull, memory, tell, gate }: Session<T>,
  log: Log,
  { ring, heard }: Bell,
  signal: AbortSignal,
  out: Subscriber<unknown>,
): Promise<Ending> {
  const { cursor } = traitsOf(source);
  let isOpen = true;
  let isOver = false;
  let hasEnded = false;
  const persist = <R>(attempt: () => Promise<R>): Promise<R> =>
    persistently(
      () =>
        attempt().catch((error: unknown) => {
          throw diskError(error, dir, 'run', 'SOURCE');
        }),
      { backoff: undefined, signal, tell },
    );

  memory.place.number ??= log.oldest;
  if (!memory.isKnown && log.behind !== undefined) restore(cursor, log.behind.text, dir);
  const writer = writeJournal({
    ...{ source, cursor, log, tell, persist },
    tail: memory.isKnown ? [] : log.tail,
    maxRecordBytes: Math.floor(segmentBytes(maxBytes) / 2),
    stopsReading: whenFull === 'stop-reading',
    abandoned: memory.abandoned,
  });
  memory.behind = () => log.behind ?? writer.start();
  memory.isKnown = true;
  const end = (): void => {
    isOver = true;
    writer.stop();
    ring();
  };
  const ended = (): void => {
    hasEnded = true;
    ring();
  };
  const held = gate.subscribe((open) => {
    isOpen = open;
    ring();
  });
  signal.addEventListener('abort', end);
  if (signal.aborted) end();
  const reading = readJournal({
    ...{ log, place: memory.place, tell, persist, heard },
    isOpen: () => isOpen,
    isOver: () => isOver,
    hasEnded: () => hasEnded,
    emit: (record) => out.next(record),
    passed: writer.wake,
  });
  try {
    const writing = writer.done.finally(ended);
    const [written, read] = await Promise.allSettled([stopOnError(writing, end), stopOnError(reading, end)]);
    if (written.status === 'rejected') throw written.reason;
    if (read.status === 'rejected') throw read.reason;
    memory.abandoned = written.value.abandoned ?? 0;
    return written.value;
  } finally {
    held.unsubscribe();
    signal.removeEventListener('abort', end);
  }
}

async function stopOnError<R>(task: Promise<R>, stop: () => void): Promise<R> {
  try {
    return await task;
  } catch (error) {
    stop();
    throw error;
  }
}

async function lockFolder(dir: string): Promise<() => Promise<unknown>> {
  const lock = await takeLock(join(dir, 'lock'));
  if (typeof lock === 'function') return lock;
  throw new PipelineError(
    'SOURCE_UNAVAILABLE',
    `journaled: ${dir} is in use by process ${lock}: stop that one, or give each journal a dir of its own`,
  );
}

/** The source goes on from the place in its journal. */
function restore(cursor: Cursor | undefined, place: string, dir: string): void {
  try {
    cursor?.restore(JSON.parse(place) as Json);
  } catch (error) {
    throw new PipelineError(
      'SOURCE_REFUSED',
      `journaled: ${dir} does not fit its source (${messageOf(error)}): is it the journal of another one?`,
      { cause: error },
    );
  }
}
