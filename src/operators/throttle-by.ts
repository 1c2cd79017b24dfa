import { defer, filter, type MonoTypeOperatorFunction } from 'rxjs';
import { callback, checkOptions, positive, whole, required } from '../core/check-options.ts';
import { defineOperator } from '../core/define-operator.ts';
import { recentMap } from './recent-map.ts';
import { recordTime } from './record-time.ts';

/** Options of {@link throttleBy}. */
export interface ThrottleByOptions<T> {
  /** Whose records are throttled together. */
  readonly key: (record: T) => string;
  /** So many records of a key pass. Default 1. */
  readonly limit?: number;
  /** In so many milliseconds, by the records' time, from the first of them on. */
  readonly everyMs: number;
  /** Keys remembered; those not seen for longest are forgotten first. Default 10,000. */
  readonly maxKeys?: number;
  /** Milliseconds since the epoch. Default: the record's `time` or `@timestamp`. */
  readonly timeOf?: (record: T) => number;
}

/**
 * Lets so many records of a key pass in a span of time, and leaves out the others.
 *
 * Emits the records themselves, at once, in order. A span begins with the first record that is not within the one
 * before, whichever way the time went.
 * Bounds: `maxKeys`. A key that is forgotten begins a new span: more may pass, never fewer.
 * Loss: what is beyond the limit, counted as filtered.
 *
 * @example throttleBy({ key: ({ container }: LogLine) => container.id, limit: 100, everyMs: 1_000 })
 */
export function throttleBy<T>(options: ThrottleByOptions<T>): MonoTypeOperatorFunction<T> {
  checkOptions('throttleBy', options, {
    key: required(callback),
    limit: whole,
    everyMs: required(positive),
    maxKeys: whole,
    timeOf: callback,
  });
  const { key, limit = 1, everyMs, maxKeys = 10_000, timeOf = recordTime } = options;
  return defineOperator(function throttleBy(records, counts) {
    return defer(() => {
      const spans = recentMap<Span>(maxKeys);
      return records.pipe(
        filter((record) => {
          const own = key(record);
          const atMs = timeOf(record);
          const open = spans.get(own);
          const span =
            open !== undefined && Math.abs(atMs - open.startMs) < everyMs
              ? { startMs: open.startMs, count: open.count + 1 }
              : { startMs: atMs, count: 1 };
          spans.set(own, span);
          const passes = span.count <= limit;
          if (!passes) counts.filtered += 1;
          return passes;
        }),
      );
    });
  });
}

interface Span {
  readonly startMs: number;
  readonly count: number;
}
