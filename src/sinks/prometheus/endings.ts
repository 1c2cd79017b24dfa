import { callback } from '../../core/check-options.ts';
import type { Check } from '../../core/check-options.ts';

/** When series end. */
export interface Ending<T> {
  /** The key whose series end with this record, if there is one. */
  readonly of: (record: T) => string | undefined;
  /**
   * How long they are still scraped, in milliseconds from the moment the record was taken: what happened last has to be
   * seen. Series of a key of which a later record comes meanwhile go on.
   */
  readonly graceMs: number;
}

/** The keys that have ended and are still scraped. */
export interface Endings<T> {
  /** Keys whose grace is over; they are forgotten here. */
  readonly expired: () => readonly string[];
  /** The key that has ended first of those that are left; it is forgotten here. */
  readonly oldest: () => string | undefined;
  /** A record of this key has come: one that is later than its end shows that it goes on. */
  readonly revive: (key: string, record: T) => void;
  /** The key that this record ends has ended now, if `isKnown`. */
  readonly note: (record: T, isKnown: (key: string) => boolean) => void;
  /** In the order of their ends, for `restore`. */
  readonly read: () => readonly (readonly [key: string, endsAtMs: number])[];
  readonly restore: (ends: readonly (readonly [key: string, endsAtMs: number])[]) => void;
}

interface End {
  readonly atMs: number;
  /** The record's own time; NaN where it has none. */
  readonly recordMs: number;
}

export function endings<T>({ of, graceMs }: Ending<T>, now: () => number): Endings<T> {
  // In the order of their ends: the grace is the same for all.
  const ends = new Map<string, End>();
  return {
    expired() {
      const keys: string[] = [];
      const nowMs = now();
      for (const [key, { atMs }] of ends) {
        if (atMs > nowMs) break;
        keys.push(key);
      }
      for (const key of keys) ends.delete(key);
      return keys;
    },
    oldest() {
      for (const key of ends.keys()) {
        ends.delete(key);
        return key;
      }
      return undefined;
    },
    revive(key, record) {
      const end = ends.get(key);
      // A sample taken before the end may arrive behind it. Without times the order of arrival counts.
      if (end !== undefined && !(timeOf(record) <= end.recordMs)) ends.delete(key);
    },
    note(record, isKnown) {
      const key = of(record);
      if (key === undefined || ends.has(key) || !isKnown(key)) return;
      ends.set(key, { atMs: now() + graceMs, recordMs: timeOf(record) });
    },
    read: () => [...ends].map(([key, { atMs }]) => [key, atMs] as const),
    restore(restored) {
      for (const [key, atMs] of restored) ends.set(key, { atMs, recordMs: NaN });
    },
  };
}

export const isEnding: Check = (value) => {
  const { of, graceMs } = Object(value) as Partial<Ending<unknown>>;
  return (
    (callback(of) === true && typeof graceMs === 'number' && graceMs >= 0 && Number.isFinite(graceMs)) ||
    '{ of: a function, graceMs: milliseconds from 0 on }'
  );
};

/** A record's own time in milliseconds since the epoch; NaN where it has none. */
export function timeOf(record: unknown): number {
  const { time, '@timestamp': timestamp } = Object(record) as Readonly<Record<string, unknown>>;
  const text = time ?? timestamp;
  return typeof text === 'string' ? Date.parse(text) : NaN;
}
