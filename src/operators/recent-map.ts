import { joinCheckpoints } from '../core/checkpoints.ts';
import type { Json } from '../core/types.ts';
import { forgetOldest } from './forget-oldest.ts';

/** Values by key, of the keys that were set most recently. */
export interface RecentMap<V, K = string> {
  readonly get: (key: K) => V | undefined;
  /** Makes the key the most recent one; beyond the bound the oldest are forgotten. */
  readonly set: (key: K, value: V) => void;
  readonly delete: (key: K) => void;
  /** The oldest first. */
  readonly entries: () => IterableIterator<[K, V]>;
}

export function recentMap<V, K = string>(
  max: number,
  entries: Iterable<readonly [K, V]> = [],
): RecentMap<V, K> {
  const values = new Map(entries);
  return {
    get: (key) => values.get(key),
    set(key, value) {
      values.delete(key);
      values.set(key, value);
      forgetOldest(values, max);
    },
    delete: (key) => void values.delete(key),
    entries: () => values.entries(),
  };
}

/**
 * One that outlives the process, in a run with checkpoints. To be made in the moment of subscription. Its values are
 * plain, as JSON keeps them, and never changed: a checkpoint is written after it was taken.
 */
export function keptMap<V>(operator: string, max: number): RecentMap<V> {
  const membership = joinCheckpoints(operator, { snapshot: () => [...map.entries()] as unknown as Json });
  const map: RecentMap<V> = recentMap(max, (membership?.restored ?? []) as unknown as [string, V][]);
  return map;
}
