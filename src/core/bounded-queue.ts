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

/** A queue that never holds more than its capacity; what does not fit is dropped by its policy and counted. */
export interface BoundedQueue<U> {
  readonly ledger: SinkLedger;
  readonly waiting: number;
  readonly waitingBytes: number;
  /** Whether the sources should stop; only under `pause`, with hysteresis: true from a half, false from a quarter on. */
  readonly full: boolean;
  offer(item: U, bytes: number): void;
  /** Counts a record that could not become an item. */
  reject(reason: string): void;
  /** Takes the oldest for writing: at least one, then up to both limits. They stay in flight until `settle`. */
  take(maxItems: number, maxBytes: number): readonly U[];
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

export function boundedQueue<U>(options: QueueOptions = {}): BoundedQueue<U> {
  const { policy = 'pause', capacity = 65_536, capacityBytes = 32 * 1024 * 1024 } = options;
  const queue = fifo<U>();
  const counts = { received: 0, delivered: 0, taken: 0, takenBytes: 0 };
  const rejected: Record<string, number> = {};
  const dropped: Record<string, number> = {};
  let full = false;
  const held = (): number => queue.size + counts.taken;
  const heldBytes = (): number => queue.bytes + counts.takenBytes;
  const fits = (bytes: number): boolean => held() < capacity && heldBytes() + bytes <= capacityBytes;
  const above = (share: number): boolean => held() > capacity * share || heldBytes() > capacityBytes * share;

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
      return queue.size;
    },
    get waitingBytes() {
      return queue.bytes;
    },
    get full() {
      return full;
    },
    offer(item, bytes) {
      counts.received += 1;
      if (policy === 'drop-oldest')
        while (!fits(bytes) && queue.size > 0 && bytes <= capacityBytes) {
          queue.shift();
          tally(dropped, 'drop-oldest');
        }
      if (!fits(bytes)) {
        tally(
          dropped,
          bytes > capacityBytes ? 'too-large' : policy === 'drop-newest' ? policy : 'over-capacity',
        );
        return;
      }
      queue.push(item, bytes);
      if (!full && policy === 'pause') full = above(1 / 2);
    },
    reject(reason) {
      counts.received += 1;
      tally(rejected, reason);
    },
    take(maxItems, maxBytes) {
      const { items, bytes } = queue.take(maxItems, maxBytes);
      counts.taken = items.length;
      counts.takenBytes = bytes;
      return items;
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

const tally = (counts: Record<string, number>, reason: string): void => {
  counts[reason] = (counts[reason] ?? 0) + 1;
};
