import { PipelineError } from './errors.ts';
import { fifo } from './fifo.ts';
import type { SinkLedger } from './types.ts';

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
  readonly waitingBytes: number;
  /** Whether the sources should stop; only under `pause`, with hysteresis: true from a half, false from a quarter on. */
  readonly full: boolean;
  offer(item: U, bytes: number): void;
  /** Counts a record that could not become an item. */
  reject(reason: string): void;
  /** Takes the oldest for writing, up to the limits, but at least one. They stay in flight until `settle`. */
  take(maxItems: number, maxBytes: number): readonly P[];
  /** What was taken has been delivered; returns how many. */
  settle(): number;
}

/** Refuses wrong queue options by name, when a sink is made. */
export function checkQueue(
  sink: string,
  { policy = 'pause', capacity = 1, capacityBytes = 1 }: QueueOptions = {},
): void {
  const wrong = (option: string, value: unknown, must: string): PipelineError =>
    new PipelineError(
      'CONFIG_INVALID',
      `${sink}: queue.${option} must be ${must}, not ${JSON.stringify(value)}`,
    );
  if (!['pause', 'drop-oldest', 'drop-newest'].includes(policy))
    throw wrong('policy', policy, "'pause', 'drop-oldest' or 'drop-newest'");
  for (const [option, value] of Object.entries({ capacity, capacityBytes }))
    if (!Number.isInteger(value) || value < 1) throw wrong(option, value, 'a whole number of 1 or more');
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
  const mostTaken = Math.ceil(capacity / 2);
  const mostTakenBytes = Math.ceil(capacityBytes / 2);
  const packs = fifo<{ readonly content: P; readonly records: number }>();
  /** What came after the last pack. */
  const loose = fifo<U>();
  const counts = { received: 0, delivered: 0, packed: 0, taken: 0, takenBytes: 0 };
  const rejected: Record<string, number> = {};
  const dropped: Record<string, number> = {};
  let full = false;
  const waiting = (): number => counts.packed + loose.size;
  const waitingBytes = (): number => packs.bytes + loose.bytes;
  const held = (): number => waiting() + counts.taken;
  const heldBytes = (): number => waitingBytes() + counts.takenBytes;
  const fits = (bytes: number): boolean => held() < capacity && heldBytes() + bytes <= capacityBytes;
  const above = (share: number): boolean => held() > capacity * share || heldBytes() > capacityBytes * share;

  const pack = ({ pack }: Packing<U, P>): void => {
    const { items, bytes } = loose.take(mostTaken, mostTakenBytes);
    if (items.length === 0) return;
    packs.push({ content: pack(items), records: items.length }, bytes);
    counts.packed += items.length;
  };
  const dropOldest = (): void => {
    const records = packs.shift()?.records;
    if (records === undefined) loose.shift();
    else counts.packed -= records;
    tally(dropped, 'drop-oldest', records);
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
      return held();
    },
    get inFlightBytes() {
      return heldBytes();
    },
  };
  return {
    ledger,
    get waiting() {
      return waiting();
    },
    get waitingBytes() {
      return waitingBytes();
    },
    get full() {
      return full;
    },
    offer(item, bytes) {
      counts.received += 1;
      if (policy === 'drop-oldest' && bytes <= capacityBytes)
        while (!fits(bytes) && waiting() > 0) dropOldest();
      if (!fits(bytes)) {
        tally(
          dropped,
          bytes > capacityBytes ? 'too-large' : policy === 'drop-newest' ? policy : 'over-capacity',
        );
        return;
      }
      loose.push(item, bytes);
      if (packing !== undefined && loose.bytes >= packing.bytes) pack(packing);
      if (!full && policy === 'pause') full = above(1 / 2);
    },
    reject(reason) {
      counts.received += 1;
      tally(rejected, reason);
    },
    take(maxItems, maxBytes) {
      if (packing === undefined) {
        const { items, bytes } = loose.take(
          Math.min(maxItems, mostTaken),
          Math.min(maxBytes, mostTakenBytes),
        );
        counts.taken = items.length;
        counts.takenBytes = bytes;
        return items;
      }
      if (packs.size === 0) pack(packing);
      const { items, bytes } = packs.take(maxItems, Math.min(maxBytes, mostTakenBytes));
      counts.taken = items.reduce((sum, { records }) => sum + records, 0);
      counts.takenBytes = bytes;
      counts.packed -= counts.taken;
      return items.map(({ content }) => content);
    },
    settle() {
      const count = counts.taken;
      counts.delivered += count;
      counts.taken = counts.takenBytes = 0;
      if (full) full = above(1 / 4);
      return count;
    },
  };
}

const tally = (counts: Record<string, number>, reason: string, count = 1): void => {
  counts[reason] = (counts[reason] ?? 0) + count;
};
