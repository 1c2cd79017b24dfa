import { hash } from 'node:crypto';
import type { Json } from '../../core/types.ts';

/**
 * Which cgroups there are, by what cAdvisor said of them. A creation has no identity of its own: each start of a
 * container is told with the same words. So it is the number of creations that tells news from repetitions.
 */
export interface Cgroups {
  readonly create: (cgroup: string) => void;
  readonly remove: (cgroup: string) => void;
  readonly isThere: (cgroup: string) => boolean;
  /** Whether it is there and this life of cAdvisor has told its creation: it tells no other before its deletion. */
  readonly isConfirmed: (cgroup: string) => boolean;
  readonly confirm: (cgroup: string) => void;
  /** So many creations of it are no news. */
  readonly created: (cgroup: string) => number;
  /** It may be another cAdvisor: it tells one creation of each that is still there, and nothing of those that are gone. */
  readonly restart: () => void;
  readonly read: () => Json;
  readonly restore: (kept: Json) => void;
}

interface Cgroup {
  readonly isThere: boolean;
  readonly isConfirmed: boolean;
  readonly created: number;
}

const UNKNOWN: Cgroup = { isThere: false, isConfirmed: false, created: 0 };

/** Remembers `capacity` of them; those that are gone are forgotten first. */
export function cgroups(capacity: number): Cgroups {
  const known = new Map<string, Cgroup>();

  const of = (cgroup: string): Cgroup => known.get(keyOf(cgroup)) ?? UNKNOWN;
  const put = (cgroup: string, changed: Cgroup): void => {
    const key = keyOf(cgroup);
    known.delete(key);
    known.set(key, changed);
    if (known.size > capacity) known.delete(oldestGone() ?? known.keys().next().value!);
  };
  const oldestGone = (): string | undefined => {
    for (const [key, { isThere }] of known) if (!isThere) return key;
    return undefined;
  };
  return {
    create: (cgroup) => put(cgroup, { isThere: true, isConfirmed: true, created: of(cgroup).created + 1 }),
    remove: (cgroup) => put(cgroup, { ...of(cgroup), isThere: false }),
    isThere: (cgroup) => of(cgroup).isThere,
    isConfirmed: (cgroup) => of(cgroup).isThere && of(cgroup).isConfirmed,
    confirm(cgroup) {
      const there = known.get(keyOf(cgroup));
      if (there !== undefined) known.set(keyOf(cgroup), { ...there, isConfirmed: true });
    },
    created: (cgroup) => of(cgroup).created,
    restart() {
      for (const [key, { isThere }] of known)
        if (isThere) known.set(key, { isThere, isConfirmed: false, created: 1 });
        else known.delete(key);
    },
    read: () => [...known].map(([key, { isThere, created }]) => [key, isThere, created]),
    restore(kept) {
      for (const [key, isThere, created] of kept as [string, boolean, number][])
        known.set(key, { isThere, isConfirmed: false, created });
    },
  };
}

const keyOf = (cgroup: string): string => hash('sha1', cgroup, 'base64').slice(0, 12);
