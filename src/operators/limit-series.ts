import { defer, map, type OperatorFunction } from 'rxjs';
import { callback, checkOptions, positive, whole, required } from '../core/check-options.ts';
import { defineOperator } from '../core/define-operator.ts';
import type { Labels } from '../records/labels.ts';
import { recordTime } from './record-time.ts';
import { keyOf, otherLike, type Counted } from './series-counter.ts';

/** Options of {@link limitSeries}. */
export interface LimitSeriesOptions<T, L extends Labels> {
  /** What makes a record part of a series: the same names each time. */
  readonly labels: (record: T) => L;
  /** So many series keep their labels. Default 1,000. */
  readonly maxSeries?: number;
  /** A series that has not been seen for so many milliseconds, by the records' time, gives its place to one that needs it. Default 600,000. */
  readonly idleMs?: number;
  /** Milliseconds since the epoch. Default: the record's `time` or `@timestamp`. */
  readonly timeOf?: (record: T) => number;
}

/** A record with the labels it may have. */
export type Limited<T, L extends Labels> = Omit<T, 'labels' | 'other'> & Omit<Counted<L>, 'count'>;

/**
 * Keeps the number of series within a budget: a sink, or a service behind it, that makes a series of each combination of
 * labels never sees more than `maxSeries` and one at a time.
 *
 * Emits each record with `labels`, at once, in order: its own where there was room when its series came up, else `other`
 * under each name, and `other: true`. Series keep their place while they are seen. A series may be `other` first and have
 * its own labels later, never the other way round unless it was away for `idleMs`.
 * Bounds: `maxSeries`. Loss: none; which series a record of `other` was of.
 *
 * @example
 * limitSeries({
 *   labels: ({ container, host }: ContainerStats) => ({ host, name: container.name }),
 *   maxSeries: 500,
 * })
 */
export function limitSeries<T extends object, L extends Labels>(
  options: LimitSeriesOptions<T, L>,
): OperatorFunction<T, Limited<T, L>> {
  checkOptions('limitSeries', options, {
    labels: required(callback),
    maxSeries: whole,
    idleMs: positive,
    timeOf: callback,
  });
  const { labels, maxSeries = 1_000, idleMs = 600_000, timeOf = recordTime } = options;
  return defineOperator(function limitSeries(records) {
    return defer(() => {
      const fits = budget(maxSeries, idleMs);
      return records.pipe(
        map((record) => {
          const own = labels(record);
          return fits(keyOf(own), timeOf(record))
            ? { ...record, labels: own }
            : { ...record, labels: otherLike(own), other: true as const };
        }),
      );
    });
  });
}

/** Whether there is room for a key, which then has it. */
function budget(max: number, idleMs: number): (key: string, atMs: number) => boolean {
  const seenMs = new Map<string, number>(); // the least recently seen first
  /** No series is idle before: to look for the oldest is slow in a map that has lost many. */
  let fullUntilMs = -Infinity;
  return (key, atMs) => {
    if (!seenMs.delete(key) && seenMs.size >= max) {
      if (atMs < fullUntilMs) return false;
      const [oldest, lastMs] = seenMs.entries().next().value!;
      fullUntilMs = lastMs + idleMs;
      if (atMs < fullUntilMs) return false;
      seenMs.delete(oldest);
    }
    seenMs.set(key, atMs);
    return true;
  };
}
