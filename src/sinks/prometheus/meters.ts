import type { Json } from '../../core/types.ts';
import type { Family } from './family.ts';
import type { Metric, Terms } from './metric.ts';

/** All metrics of one sink. */
export interface Meters<T> {
  readonly families: readonly Family[];
  /** Whether every metric could read the record. */
  readonly take: (record: T) => boolean;
  /** What has to outlive the process, by metric. */
  readonly read: () => Json;
  readonly restore: (state: Json) => void;
}

export function openMeters<T>(metrics: readonly Metric<T>[], terms: Terms): Meters<T> {
  const meters = metrics.map(({ names, open }) => ({ name: names[0]!, ...open(terms) }));
  return {
    families: meters.flatMap(({ families }) => families),
    take(record) {
      let isRead = true;
      for (const { name, take } of meters)
        try {
          take(record);
        } catch (error) {
          isRead = false;
          terms.failed(name, error);
        }
      return isRead;
    },
    read: () =>
      Object.fromEntries(meters.flatMap(({ name, read }) => (read === undefined ? [] : [[name, read()]]))),
    restore(state) {
      const states = state as Readonly<Record<string, Json>>;
      for (const { name, restore } of meters) {
        const own = states[name];
        if (own !== undefined) restore?.(own);
      }
    },
  };
}
