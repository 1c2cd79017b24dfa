import type { Derived } from '../../../src/records/derived-stats.ts';

/** What is drawn of a container. */
export const SERIES = ['cpu', 'memory', 'rx', 'tx', 'read', 'write'] as const;
export type SeriesName = (typeof SERIES)[number];

const FIELDS: Readonly<Record<SeriesName, keyof Derived>> = {
  cpu: 'cpuPercent',
  memory: 'memoryBytes',
  rx: 'networkRxBytesPerSecond',
  tx: 'networkTxBytesPerSecond',
  read: 'blockReadBytesPerSecond',
  write: 'blockWriteBytesPerSecond',
};

/** So many readings of each container are kept: five minutes of one a second. */
export const HISTORY_LENGTH = 300;

/** The last readings of a container. NaN is unknown. */
export interface History {
  /** How many there are. */
  readonly length: number;
  readonly newestMs: number | undefined;
  readonly add: (atMs: number, derived: Derived) => void;
  /** Their times in seconds, and values, the oldest first: the last `most`. */
  readonly read: (name: SeriesName, most?: number) => { readonly times: number[]; readonly values: number[] };
}

export function createHistory(capacity: number = HISTORY_LENGTH): History {
  const times = new Float64Array(capacity);
  const values = Object.fromEntries(SERIES.map((name) => [name, new Float32Array(capacity)])) as Record<
    SeriesName,
    Float32Array
  >;
  let added = 0;
  const newest = (): number => times[(added - 1) % capacity]! * 1_000;
  return {
    get length() {
      return Math.min(added, capacity);
    },
    get newestMs() {
      return added === 0 ? undefined : newest();
    },
    add(atMs, derived) {
      // After a reconnect one may come again.
      if (added > 0 && atMs <= newest()) return;
      const at = added % capacity;
      times[at] = atMs / 1_000;
      for (const name of SERIES) values[name][at] = derived[FIELDS[name]] ?? NaN;
      added += 1;
    },
    read(name, most = capacity) {
      const count = Math.min(added, capacity, most);
      const indexes = Array.from({ length: count }, (_, i) => (added - count + i) % capacity);
      return {
        times: indexes.map((at) => times[at]!),
        values: indexes.map((at) => values[name][at]!),
      };
    },
  };
}
