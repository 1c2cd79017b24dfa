import { checkOptions } from './check-options.ts';
import type { Check } from './check-options.ts';
import { fifo } from './fifo.ts';
import type { SinkLedger } from './types.ts';

/** The queue of a sink: how much it holds, and what happens beyond. */
export interface QueueOptions {
  /**
   * What happens when more comes than the sink can take. Default `pause`: the sources are stopped at half of the
   * capacity and read on at a quarter. `drop-oldest` and `drop-newest` never stop a source; what they drop is counted.
   */
  readonly policy?: 'pause' | 'drop-oldest' | 'drop-newest';
  /** Records held at most, those being written included. Default 65,536. */
  readonly capacity?: number;
  /** Bytes held at most, a character of text counting as one. Default 32 MiB. */
  readonly capacityBytes?: number;
}

/**
 * How waiting items become fewer, larger ones: strings that wait for long make the garbage collector copy them,
 * a buffer it does not. The oldest are then dropped by packs.
 */
export interface Packing<U, P> {
  /** A pack is made of so many bytes or more. */
  readonly bytes: number;
  readonly pack: (items: readonly U[]) => P;
}

/** A queue that never holds more than its capacity; what does not fit is dropped by its policy and counted. */
export interface BoundedQueue<U, P = U> {
  readonly ledger: SinkLedger;
  readonly waiting: number;
  /** Whether the sources should stop; only under `pause`, with hysteresis: true from a half, false from a quarter on. */
  readonly full: boolean;
  offer(item: U, bytes: number): void;
  /** Counts a record that could not become an item. */
  reject(reason: string): void;
  /** Whether so many records or bytes wait. Half of the capacity always does: to wait for more would be in vain. */
  holds(records: number, bytes: number): boolean;
  /**
   * Takes the oldest for writing: at least one, then up to the limits and to half of the capacity. They stay in flight
   * until `settle`.
   */
  take(maxItems: number, maxBytes: number): readonly P[];
  /** What was taken has been delivered; returns how many records. */
  settle(): number;
  /** Marks the place behind all that is held now, in place of an earlier mark; nothing is taken across it. */
  mark(): void;
  /** Whether the place marked has been reached: all before it has been delivered, or dropped and counted. */
  readonly atMark: boolean;
  /** Goes on behind the mark. */
  unmark(): void;
}

/** Refuses wrong queue options by name, when a sink is made. */
export function checkQueue(sink: string, queue: QueueOptions = {}): void {
  const isObject: Check = (value) => (typeof value === 'object' && value !== null) || 'an object of options';
  const count: Check = (value) =>
    (Number.isInteger(value) && (value as number) > 0) || 'a whole number of 1 or more';
  checkOptions(sink, { queue }, { queue: isObject });
  const named = Object.entries(queue).map(([option, value]) => [`queue.${option}`, value] as const);
  checkOptions<Readonly<Record<string, unknown>>>(sink, Object.fromEntries(named), {
    'queue.policy': (value) =>
      ['pause', 'drop-oldest', 'drop-newest'].includes(value as string) ||
      "'pause', 'drop-oldest' or 'drop-newest'",
    'queue.capacity': count,
    'queue.capacityBytes': count,
  });
}

export function boundedQueue<U>(options?: QueueOptions): BoundedQueue<U>;
export function boundedQueue<U, P>(
  options: QueueOptions | undefined,
  packing: Packing<U, P>,
): BoundedQueue<U, P>;
export function boundedQueue<U, P>(
  options: QueueOptions = {},
  packing?: Packing<U, P>,
): BoundedQueue<U, U | P> {
  const { policy = 'pause', capacity = 65_536, capacityBytes = 32 * 1024 * 1024 } = options;
  // A half stays for what comes during the write: else there would be no oldest to drop then, only the newest.
  const half = { records: Math.ceil(capacity / 2), bytes: Math.ceil(capacityBytes / 2) };
  const packs = fifo<{ readonly content: P; readonly records: number }>();
  /** What came after the last pack. */
  const loose = fifo<U>();
  const counts = { received: 0, delivered: 0, held: 0, heldBytes: 0, taken: 0, takenBytes: 0 };
  const rejected: Record<string, number> = {};
  const dropped: Record<string, number> = {};
  let full = false;
  /** How many of the records held come before the mark. */
  let beforeMark: number | undefined;
  const fits = (bytes: number): boolean =>
    counts.held < capacity && counts.heldBytes + bytes <= capacityBytes;
  const above = (share: number): boolean =>
    counts.held > capacity * share || counts.heldBytes > capacityBytes * share;
  const release = (records: number, bytes: number): void => {
    counts.held -= records;
    counts.heldBytes -= bytes;
    if (full) full = above(1 / 4);
  };

  const makePack = ({ pack }: Packing<U, P>): void => {
    const { items, bytes } = loose.take(half.records, half.bytes);
    if (items.length === 0) return;
    try {
      packs.push({ content: pack(items), records: items.length }, bytes);
    } catch {
      release(items.length, bytes);
      tally(rejected, 'unencodable', items.length);
    }
  };
  const takePacks = (maxItems: number, maxRecords: number, maxBytes: number): readonly P[] => {
    const batch: P[] = [];
    for (let next = packs.first(); next !== undefined; next = packs.first()) {
      const { item, bytes } = next;
      const more = counts.taken + item.records <= maxRecords && counts.takenBytes + bytes <= maxBytes;
      if (batch.length === maxItems || (batch.length > 0 && !more)) break;
      packs.shift();
      batch.push(item.content);
      counts.taken += item.records;
      counts.takenBytes += bytes;
    }
    return batch;
  };
  const dropOldest = (): void => {
    const oldest = packs.first();
    const records = oldest?.item.records ?? 1;
    release(records, (oldest ?? loose.first()!).bytes);
    (oldest === undefined ? loose : packs).shift();
    if (beforeMark !== undefined && beforeMark > counts.taken) beforeMark -= records;
    tally(dropped, 'drop-oldest', records);
  };
  const reasonToDrop = (bytes: number): string => {
    if (bytes > capacityBytes) return 'too-large';
    return policy === 'drop-newest' ? policy : 'over-capacity';
  };

  const ledger: SinkLedger = {
    rejected,
    dropped,
    get received() {
      return counts.received;
    },
    get delivered() {
      return counts.delivered;
    },
    get inFlight() {
      return counts.held;
    },
    get inFlightBytes() {
      return counts.heldBytes;
    },
  };
  return {
    ledger,
    get waiting() {
      return counts.held - counts.taken;
    },
    get full() {
      return full;
    },
    offer(item, bytes) {
      counts.received += 1;
      // What is being written cannot give way: where it takes the room, dropping what waits does not help.
      if (policy === 'drop-oldest' && counts.taken < capacity && counts.takenBytes + bytes <= capacityBytes)
        while (!fits(bytes)) dropOldest();
      if (!fits(bytes)) {
        tally(dropped, reasonToDrop(bytes));
        return;
      }
      loose.push(item, bytes);
      counts.held += 1;
      counts.heldBytes += bytes;
      if (packing !== undefined && loose.bytes >= packing.bytes) makePack(packing);
      if (!full && policy === 'pause') full = above(1 / 2);
    },
    reject(reason) {
      counts.received += 1;
      tally(rejected, reason);
    },
    holds: (records, bytes) =>
      counts.held - counts.taken >= Math.min(records, half.records) ||
      counts.heldBytes - counts.takenBytes >= Math.min(bytes, half.bytes),
    take(maxItems, maxBytes) {
      if (beforeMark === 0) return [];
      const mostBytes = Math.min(maxBytes, half.bytes);
      const mostRecords = Math.min(half.records, beforeMark ?? Infinity);
      if (packing !== undefined) {
        if (packs.size === 0) makePack(packing);
        return takePacks(maxItems, mostRecords, mostBytes);
      }
      const { items, bytes } = loose.take(Math.min(maxItems, mostRecords), mostBytes);
      counts.taken = items.length;
      counts.takenBytes = bytes;
      return items;
    },
    settle() {
      const { taken, takenBytes } = counts;
      counts.delivered += taken;
      counts.taken = counts.takenBytes = 0;
      if (beforeMark !== undefined) beforeMark -= taken;
      release(taken, takenBytes);
      return taken;
    },
    mark() {
      // Packs end at the mark.
      if (packing !== undefined) while (loose.size > 0) makePack(packing);
      beforeMark = counts.held;
    },
    get atMark() {
      return beforeMark === 0;
    },
    unmark() {
      beforeMark = undefined;
    },
  };
}

const tally = (counts: Record<string, number>, reason: string, count = 1): void => {
  counts[reason] = (counts[reason] ?? 0) + count;
};
