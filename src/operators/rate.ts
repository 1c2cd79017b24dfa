import { defer, map, type OperatorFunction } from 'rxjs';
import { callback, checkOptions, callbacks, whole, required } from '../core/check-options.ts';
import { defineOperator } from '../core/define-operator.ts';
import { recentMap } from './recent-map.ts';
import { recordTime } from './record-time.ts';

/** Options of {@link rate}. */
export interface RateOptions<T, Name extends string> {
  /** The counters, by name: totals that only grow, but for a start anew. Undefined where a record has none. */
  readonly counters: { readonly [N in Name]: (record: T) => number | undefined };
  /** Whose counters they are. */
  readonly key: (record: T) => string;
  /** Keys remembered; those not seen for longest are forgotten first. Default 10,000. */
  readonly maxKeys?: number;
  /** Milliseconds since the epoch. Default: the record's `time` or `@timestamp`. */
  readonly timeOf?: (record: T) => number;
}

/** A record with how fast counters of it grow, a second. Absent is unknown. */
export type Rated<T, Name extends string> = T & { readonly rates: { readonly [N in Name]?: number } };

/**
 * Adds to each record how fast counters grow: the mean, a second, since the record of the same key before it.
 *
 * Emits {@link Rated}, at once, in order. There is no rate in the first record of a key, in one that is not later than
 * the one before it, and of a counter that fell: it began anew in between, and nobody knows when. For readings of
 * containers {@link derive} has the usual rates.
 * Bounds: `maxKeys`; a key that is forgotten starts anew.
 * Loss: none.
 *
 * @example
 * rate({
 *   key: ({ container }: ContainerStats) => container.id,
 *   counters: { faults: ({ stats }) => stats.memory_stats.stats?.['pgfault'] },
 * })
 */
export function rate<T, Name extends string>(
  options: RateOptions<T, Name>,
): OperatorFunction<T, Rated<T, Name>> {
  checkOptions('rate', options, {
    counters: required(callbacks),
    key: required(callback),
    maxKeys: whole,
    timeOf: callback,
  });
  const { counters, key, maxKeys = 10_000, timeOf = recordTime } = options;
  const names = Object.keys(counters) as Name[];
  const read = (record: T): Reading => ({
    atMs: timeOf(record),
    values: names.map((name) => counters[name](record)),
  });
  return defineOperator(function rate(records) {
    return defer(() => {
      const latest = recentMap<Reading>(maxKeys);
      return records.pipe(
        map((record) => {
          const own = key(record);
          const before = latest.get(own);
          const now = read(record);
          latest.set(own, now);
          const rates: { [N in Name]?: number } = {};
          names.forEach((name, i) => {
            const perSecond = before === undefined ? undefined : growth(before, now, i);
            if (perSecond !== undefined) rates[name] = perSecond;
          });
          return { ...record, rates };
        }),
      );
    });
  });
}

interface Reading {
  readonly atMs: number;
  readonly values: readonly (number | undefined)[];
}

function growth(before: Reading, now: Reading, i: number): number | undefined {
  const [from, to] = [before.values[i], now.values[i]];
  if (from === undefined || to === undefined || !(to >= from) || !(now.atMs > before.atMs)) return undefined;
  return (to - from) / ((now.atMs - before.atMs) / 1000);
}
