/** Something that is due at a time. */
export interface Timed {
  dueMs: number;
  /** Of those due at the same time the one with the least comes first. */
  order: number;
  /** Its place in the queue; -1 outside of it. */
  at: number;
}

/** What is due, soonest first: a binary heap, out of which anything can be taken at any time. */
export interface TimerQueue<T extends Timed> {
  readonly first: () => T | undefined;
  readonly add: (timed: T) => void;
  /** Nothing for one that is not in it. */
  readonly remove: (timed: T) => void;
}

export function timerQueue<T extends Timed>(): TimerQueue<T> {
  const heap: T[] = [];
  const isSooner = (a: T, b: T): boolean => a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.order < b.order);
  const put = (timed: T, at: number): void => {
    heap[at] = timed;
    timed.at = at;
  };
  /** Lets it rise from a free place, returns where it may stay. */
  const rise = (timed: T, from: number): number => {
    let at = from;
    while (at > 0) {
      const above = (at - 1) >> 1;
      if (!isSooner(timed, heap[above]!)) break;
      put(heap[above]!, at);
      at = above;
    }
    return at;
  };
  const sink = (timed: T, from: number): number => {
    let at = from;
    for (;;) {
      let below = 2 * at + 1;
      if (below + 1 < heap.length && isSooner(heap[below + 1]!, heap[below]!)) below += 1;
      if (below >= heap.length || !isSooner(heap[below]!, timed)) return at;
      put(heap[below]!, at);
      at = below;
    }
  };
  return {
    first: () => heap[0],
    add(timed) {
      heap.push(timed);
      put(timed, rise(timed, heap.length - 1));
    },
    remove(timed) {
      const { at } = timed;
      if (at < 0) return;
      timed.at = -1;
      const last = heap.pop()!;
      if (last !== timed) put(last, sink(last, rise(last, at)));
    },
  };
}
