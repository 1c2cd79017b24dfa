import { defer, filter, type MonoTypeOperatorFunction } from 'rxjs';
import { callback, checkOptions, positive, whole, required } from '../core/check-options.ts';
import { defineOperator } from '../core/define-operator.ts';
import { recentMap } from './recent-map.ts';
import { recordTime } from './record-time.ts';

/** Options of {@link dedupe}. */
export interface DedupeOptions<T> {
  /** What makes two records the same. */
  readonly key: (record: T) => string | number;
  /** Lets the same key pass again when this changes, by `Object.is`. Default: never. */
  readonly version?: (record: T) => unknown;
  /** Lets the same key pass again so many milliseconds after it last passed, by the records' time. Default: never. */
  readonly ttlMs?: number;
  /** Keys remembered; those not seen for longest are forgotten first. Default 10,000. */
  readonly maxKeys?: number;
  /** Milliseconds since the epoch; asked only with `ttlMs`. Default: the record's `time` or `@timestamp`. */
  readonly timeOf?: (record: T) => number;
}

interface Passed {
  readonly version: unknown;
  readonly atMs: number;
}

/**
 * Lets each record through once: later ones of the same key, and version, are dropped.
 *
 * Emits the records themselves, at once, in order.
 * Bounds: `maxKeys` keys. Beyond it a record may pass twice; none is ever dropped for it.
 * Loss: the repeats, and with a key that is too coarse whatever shares it. One from before the record that passed
 * last is a repeat too.
 *
 * @example dedupe({ key: ({ host, timeNano, id, action }: DockerEvent) => `${host} ${timeNano} ${id} ${action}` })
 */
export function dedupe<T>(options: DedupeOptions<T>): MonoTypeOperatorFunction<T> {
  checkOptions('dedupe', options, {
    key: required(callback),
    version: callback,
    ttlMs: positive,
    maxKeys: whole,
    timeOf: callback,
  });
  const { key, version, ttlMs = Infinity, maxKeys = 10_000, timeOf = recordTime } = options;
  return defineOperator(function dedupe(records, counts) {
    return defer(() => {
      const passed = recentMap<Passed, string | number>(maxKeys);
      return records.pipe(
        filter((record) => {
          const id = key(record);
          const last = passed.get(id);
          const next = { version: version?.(record), atMs: ttlMs === Infinity ? 0 : timeOf(record) };
          const isRepeat =
            last !== undefined && Object.is(last.version, next.version) && next.atMs - last.atMs < ttlMs;
          passed.set(id, isRepeat ? last : next);
          if (isRepeat) counts.deduplicated += 1;
          return !isRepeat;
        }),
      );
    });
  });
}
