import { hash } from 'node:crypto';
import type { Json } from '../../core/types.ts';
import type { CadvisorEvent } from '../../records/cadvisor-event.ts';

/** The last events of one type, so that what cAdvisor tells again can be told from news. Creations need more: see `known`. */
export interface Sightings {
  /** A cAdvisor that may be another from now on: it tells old OOMs again with times of its own. */
  readonly begin: () => void;
  /** Whether this very event has been seen. */
  readonly has: (event: CadvisorEvent) => boolean;
  /** Whether it is one of before `begin`, told again with another time; each of those stands for one event. */
  readonly isRetold: (event: CadvisorEvent) => boolean;
  /** Whether it is from before all that is remembered. */
  readonly isForgotten: (event: CadvisorEvent) => boolean;
  readonly add: (event: CadvisorEvent) => void;
  readonly read: () => Json;
  readonly restore: (kept: Json) => void;
}

interface Sighting {
  /** Digest of all that tells it from others but its time. */
  readonly what: string;
  readonly ms: number;
  /** How many times `begin` had been called when it was seen last. */
  readonly life: number;
}

/** Its clock is off by up to a second in each life of a cAdvisor. */
const TOLERANCE_MS = 2_000;

export function sightings(capacity: number): Sightings {
  /** By `what` and the timestamp, in the order of arrival. */
  const seen = new Map<string, Sighting>();
  let life = 0;
  /** The latest time that was forgotten. */
  let floorMs = -Infinity;

  const put = (key: string, sighting: Sighting): void => {
    seen.set(key, sighting);
    if (seen.size <= capacity) return;
    const [oldest, { ms }] = seen.entries().next().value!;
    seen.delete(oldest);
    floorMs = Math.max(floorMs, ms);
  };
  return {
    begin: () => void (life += 1),
    has(event) {
      const key = keyOf(event);
      const known = seen.get(key);
      if (known !== undefined && known.life !== life) seen.set(key, { ...known, life });
      return known !== undefined;
    },
    isRetold(event) {
      const what = whatIs(event);
      const ms = Date.parse(event.time);
      for (const [key, known] of seen) {
        if (known.life === life || known.what !== what || Math.abs(known.ms - ms) > TOLERANCE_MS) continue;
        seen.delete(key);
        put(keyOf(event), { what, ms, life });
        return true;
      }
      return false;
    },
    isForgotten: ({ time }) => Date.parse(time) <= floorMs + TOLERANCE_MS,
    add: (event) => put(keyOf(event), { what: whatIs(event), ms: Date.parse(event.time), life }),
    read: () => [floorMs === -Infinity ? 0 : floorMs, [...seen].map(([key, { ms }]) => [key, ms])],
    restore(kept) {
      const [floor, entries] = kept as [number, [string, number][]];
      floorMs = floor === 0 ? -Infinity : floor;
      for (const [key, ms] of entries) put(key, { what: key.split(' ', 1)[0]!, ms, life });
    },
  };
}

const keyOf = (event: CadvisorEvent): string => `${whatIs(event)} ${event.timestamp}`;

/** Of a hash that nobody can aim at: a process chooses its own name. */
const whatIs = ({ cgroup, pid, process }: CadvisorEvent): string =>
  hash('sha1', JSON.stringify([cgroup, pid, process]), 'base64').slice(0, 16);
