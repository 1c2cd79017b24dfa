import { queued } from '../../src/core/queued.ts';
import type { QueueOptions } from '../../src/core/bounded-queue.ts';
import type { Sink } from '../../src/core/types.ts';

/** A sink into memory, which a test can hold up. */
export interface Collecting<T> {
  readonly sink: Sink<T>;
  readonly records: readonly T[];
  /** Resolves when it is so; asked again after each batch. */
  readonly until: (isSo: (records: readonly T[]) => boolean) => Promise<void>;
  /** Takes nothing any more, until `release`. */
  readonly hold: () => void;
  readonly release: () => void;
}

export function collecting<T>(queue?: QueueOptions): Collecting<T> {
  const records: T[] = [];
  const waiting = new Set<() => void>();
  let gate: Promise<void> | undefined;
  let open = (): void => undefined;
  return {
    records,
    sink: queued<T, T>({
      name: 'collecting',
      target: 'memory',
      queue,
      batch: { bytes: 1, lingerMs: 1 },
      encode: (record) => record,
      sizeOf: () => 1,
      open: () =>
        Promise.resolve({
          write: async (batch) => {
            await gate;
            records.push(...batch);
            for (const look of waiting) look();
          },
          close: () => Promise.resolve(),
        }),
    }),
    until: (isSo) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (!isSo(records)) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
      }),
    hold: () => {
      gate = new Promise((resolve) => (open = resolve));
    },
    release: () => {
      gate = undefined;
      open();
    },
  };
}
