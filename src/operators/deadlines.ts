import { asyncScheduler, type Subscription } from 'rxjs';
import type { Check } from '../core/check-options.ts';

/** How long something may wait: timers know no longer times. */
export const waitMs: Check = (value) =>
  (typeof value === 'number' && value > 0 && value < 2 ** 31) || 'a number above 0 and below 2^31';

/** What waits for its time, and when that is, in milliseconds since the epoch. */
export interface Waiting {
  readonly dueMs: number;
}

export interface Deadlines<W extends Waiting> {
  readonly get: (key: string) => W | undefined;
  /** Makes it wait, seen from `atMs`. Beyond the bound the first that waits is told before its time. */
  readonly set: (key: string, waiting: W, atMs: number) => void;
  readonly delete: (key: string) => void;
  /** Time has come so far: to be called with each record's, while something waits. Nothing for NaN. */
  readonly reach: (atMs: number) => void;
  readonly isEmpty: () => boolean;
  /** Tells all that wait, before their time. */
  readonly tellAll: () => void;
  readonly read: () => DeadlinesState<W>;
  /** For a start. */
  readonly restore: (state: DeadlinesState<W>) => void;
  /** Stops the timer. */
  readonly release: () => void;
}

/** What waits, and how far time has come. */
export interface DeadlinesState<W> {
  readonly nowMs: number;
  readonly waiting: readonly (readonly [string, W])[];
}

/**
 * Tells what waits once its time is there: by the records' own time, and where no record comes, by RxJS's clock, which
 * tests and replays can set. All are to wait equally long and to come about in the order of their time, so the first to come is the first that is due.
 */
export function deadlines<W extends Waiting>(
  max: number,
  tell: (waiting: W, isDue: boolean) => void,
): Deadlines<W> {
  const queue = new Map<string, W>();
  let nowMs = 0;
  /** One timer, for the first that waits. */
  let timer: Subscription | undefined;
  let timed: W | undefined;

  const tellFirst = (isDue: boolean): void => {
    const [first] = queue;
    if (first === undefined) return;
    queue.delete(first[0]);
    tell(first[1], isDue);
  };
  const first = (): W | undefined => queue.values().next().value;
  const release = (): void => timer?.unsubscribe();
  const settle = (): void => {
    for (let next = first(); next !== undefined && next.dueMs <= nowMs; next = first()) tellFirst(true);
    const next = first();
    if (next === timed) return;
    release();
    timed = next;
    if (next === undefined) return;
    timer = asyncScheduler.schedule(() => reach(next.dueMs), next.dueMs - nowMs);
  };
  const reach = (atMs: number): void => {
    if (!(atMs > nowMs)) return;
    nowMs = atMs;
    settle();
  };
  return {
    get: (key) => queue.get(key),
    set(key, waiting, atMs) {
      queue.set(key, waiting);
      if (queue.size > max) tellFirst(false);
      if (atMs > nowMs) nowMs = atMs;
      settle();
    },
    delete(key) {
      if (queue.delete(key)) settle();
    },
    reach,
    isEmpty: () => queue.size === 0,
    tellAll: () => {
      while (queue.size > 0) tellFirst(false);
    },
    read: () => ({ nowMs, waiting: [...queue] }),
    restore(state) {
      for (const [key, waiting] of state.waiting) queue.set(key, waiting);
      nowMs = state.nowMs;
      settle();
    },
    release,
  };
}
