import type { QueueOptions } from '../../src/core/bounded-queue.ts';
import { queued } from '../../src/core/queued.ts';
import type { QueuedSink } from '../../src/core/queued.ts';
import type { Sink } from '../../src/core/types.ts';

export type Own<T> = Partial<QueuedSink<T, T>>;

/** A sink that writes nothing away yet: what of it matters to a test is given. */
export const sinkOf = <T = number>(own: Own<T> = {}): Sink<T> =>
  queued<T, T>({
    name: 'sink',
    target: 'memory',
    encode: (record) => record,
    sizeOf: () => 10,
    batch: { bytes: 64 * 1024, lingerMs: 0 },
    open: () => Promise.resolve({ write: () => Promise.resolve(), close: () => Promise.resolve() }),
    ...own,
  });

export interface Gathering<T> {
  readonly sink: Sink<T>;
  readonly records: readonly T[];
  readonly batches: readonly (readonly T[])[];
  readonly closed: () => number;
}

export interface GatheringOptions<T> extends Own<T> {
  /** Called before each batch is written. */
  readonly before?: (batch: readonly T[]) => Promise<void>;
}

/** A sink that keeps what it is given. */
export function gathering<T = number>({ before, ...own }: GatheringOptions<T> = {}): Gathering<T> {
  const records: T[] = [];
  const batches: (readonly T[])[] = [];
  let closed = 0;
  const sink = sinkOf<T>({
    open: () =>
      Promise.resolve({
        async write(batch) {
          await before?.(batch);
          batches.push(batch);
          for (const record of batch) records.push(record);
        },
        close() {
          closed += 1;
          return Promise.resolve();
        },
      }),
    ...own,
  });
  return { sink, records, batches, closed: () => closed };
}

export interface Write<T> {
  readonly batch: readonly T[];
  readonly succeed: () => void;
  readonly fail: (error: unknown) => void;
}

export interface Handwritten<T> {
  readonly sink: Sink<T>;
  /** The next write the sink asks for, which the test ends. */
  readonly nextWrite: () => Promise<Write<T>>;
  readonly closed: () => number;
}

/** A sink whose writes last until the test ends them. */
export function handwritten<T = number>(own: Own<T> = {}): Handwritten<T> {
  const writes = mailbox<Write<T>>();
  let closed = 0;
  const sink = sinkOf<T>({
    open: () =>
      Promise.resolve({
        write: (batch) =>
          new Promise<void>((succeed, fail) => {
            writes.put({ batch, succeed, fail });
          }),
        close() {
          closed += 1;
          return Promise.resolve();
        },
      }),
    ...own,
  });
  return { sink, nextWrite: writes.get, closed: () => closed };
}

export interface Mailbox<T> {
  readonly put: (letter: T) => void;
  readonly get: () => Promise<T>;
}

export function mailbox<T>(): Mailbox<T> {
  const letters: T[] = [];
  const readers: ((letter: T) => void)[] = [];
  return {
    put(letter) {
      const reader = readers.shift();
      if (reader === undefined) letters.push(letter);
      else reader(letter);
    },
    get: () =>
      new Promise((resolve) => {
        if (letters.length > 0) resolve(letters.shift()!);
        else readers.push(resolve);
      }),
  };
}

/** Resolves after so many turns of the event loop: slowness that no clock measures. */
export function turns(count: number): Promise<void> {
  return new Promise((resolve) => {
    const turn = (left: number): void => {
      if (left <= 0) resolve();
      else setImmediate(turn, left - 1);
    };
    turn(count);
  });
}

/** A sink that takes a turn for each record; a source of a hundred records a turn is a hundred times faster. */
export const slow = <T = number>(queue: QueueOptions, own: GatheringOptions<T> = {}): Gathering<T> =>
  gathering<T>({
    queue,
    ...own,
    before: async (batch) => {
      await own.before?.(batch);
      await turns(batch.length);
    },
  });
