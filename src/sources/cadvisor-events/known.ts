import type { Json } from '../../core/types.ts';
import type { CadvisorEvent } from '../../records/cadvisor-event.ts';
import { cgroups } from './cgroups.ts';
import { sightings } from './sightings.ts';
import type { Sightings } from './sightings.ts';

/** What a cAdvisor has told so far, so that what it tells again can be told from news. */
export interface Known {
  readonly note: (event: CadvisorEvent) => void;
  /** Whether an event that the stream brings is news: once all that cAdvisor keeps has been merged. */
  readonly isNews: (event: CadvisorEvent) => boolean;
  /** Whether it is known; one with another time stands for one of before. Not for creations. */
  readonly recognise: (event: CadvisorEvent) => boolean;
  /**
   * A new connection: takes all that cAdvisor keeps. Whether that proves it to be the one of before: one that was
   * restarted has forgotten all deletions, and tells OOMs with other times.
   */
  readonly meet: (kept: readonly CadvisorEvent[]) => boolean;
  /**
   * What is news of all that cAdvisor keeps, in the order in which it must have happened, `streamed` left out: what the
   * stream has brought meanwhile and is not noted yet.
   */
  readonly newsIn: (
    kept: readonly CadvisorEvent[],
    streamed: readonly CadvisorEvent[],
  ) => readonly CadvisorEvent[];
  readonly read: () => Json;
  readonly restore: (kept: Json) => void;
}

const CGROUPS = 8_192;
const SIGHTINGS = 512;
/** Types that no cAdvisor has today are told apart, too, up to so many. */
const TYPES = 16;
const OOMS: ReadonlySet<string> = new Set(['oom', 'oomKill']);

export function knownEvents(): Known {
  const known = cgroups(CGROUPS);
  const byType = new Map<string, Sightings>();

  const seen = (type: string): Sightings => {
    const name = byType.has(type) || byType.size < TYPES ? type : '';
    const ofType = byType.get(name) ?? sightings(SIGHTINGS);
    byType.set(name, ofType);
    return ofType;
  };
  const isSeen = (event: CadvisorEvent): boolean => seen(event.type).has(event);
  const isRetold = (event: CadvisorEvent): boolean =>
    OOMS.has(event.type) && seen(event.type).isRetold(event);

  return {
    note(event) {
      const { type, cgroup } = event;
      if (type === CREATION) known.create(cgroup);
      else seen(type).add(event);
      if (type === DELETION) known.remove(cgroup);
    },
    isNews: (event) =>
      event.type === CREATION ? !known.isConfirmed(event.cgroup) : !isSeen(event) && !isRetold(event),
    recognise: (event) => event.type !== CREATION && (isSeen(event) || isRetold(event)),
    meet(kept) {
      for (const ofType of byType.values()) ofType.begin();
      const isSame = kept.filter((event) => event.type !== CREATION && isSeen(event)).length > 0;
      if (!isSame) known.restart();
      for (const { type, cgroup } of kept) if (type === CREATION) known.confirm(cgroup);
      return isSame;
    },
    newsIn(kept, streamed) {
      const came = new Set(streamed.filter(({ type }) => type !== CREATION).map(identityOf));
      const others = kept.filter((event) => event.type !== CREATION && !came.has(identityOf(event)));
      // All that are known exactly first: of what is left some may be known with another time.
      const unseen = new Set(others.filter((event) => !isSeen(event)));
      for (const event of unseen)
        if (isRetold(event) || seen(event.type).isForgotten(event)) unseen.delete(event);
      // Whatever has ended had begun: of a cgroup long forgotten a creation is known for each known deletion.
      const ended = countOf(others.filter((event) => event.type === DELETION && !unseen.has(event)));
      const coming = countOf(streamed.filter(({ type }) => type === CREATION));
      const told = (cgroup: string): number =>
        Math.max(known.created(cgroup), ended.get(cgroup) ?? 0) + (coming.get(cgroup) ?? 0);
      const counted = new Map<string, number>();
      const isNew = (event: CadvisorEvent): boolean => {
        if (event.type !== CREATION) return unseen.has(event);
        const count = (counted.get(event.cgroup) ?? 0) + 1;
        counted.set(event.cgroup, count);
        return count > told(event.cgroup);
      };
      return alternating(kept.filter(isNew), known.isThere);
    },
    read: () => ({
      cgroups: known.read(),
      seen: [...byType].map(([type, ofType]) => [type, ofType.read()]),
    }),
    restore(kept) {
      const { cgroups: there, seen: types } = kept as unknown as { cgroups: Json; seen: [string, Json][] };
      known.restore(there);
      for (const [type, entries] of types) seen(type).restore(entries);
    },
  };
}

const CREATION = 'containerCreation';
const DELETION = 'containerDeletion';

const identityOf = ({ type, cgroup, timestamp, pid, process }: CadvisorEvent): string =>
  JSON.stringify([type, cgroup, timestamp, pid, process]);

function countOf(events: readonly CadvisorEvent[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { cgroup } of events) counts.set(cgroup, (counts.get(cgroup) ?? 0) + 1);
  return counts;
}

/**
 * By time all starts of a container come first, for they have the time at which it was made: puts each behind the end
 * that it must have followed.
 */
export function alternating(
  events: readonly CadvisorEvent[],
  wasThere: (cgroup: string) => boolean,
): readonly CadvisorEvent[] {
  const isThere = new Map<string, boolean>();
  const waiting = new Map<string, CadvisorEvent[]>();
  const ordered: CadvisorEvent[] = [];
  const put = (event: CadvisorEvent): void => {
    ordered.push(event);
    if (event.type === CREATION) isThere.set(event.cgroup, true);
    if (event.type !== DELETION) return;
    isThere.set(event.cgroup, false);
    const next = waiting.get(event.cgroup)?.shift();
    if (next !== undefined) put(next);
  };
  for (const event of events) {
    const { type, cgroup } = event;
    const mustWait = type === CREATION && (isThere.get(cgroup) ?? wasThere(cgroup));
    if (!mustWait) put(event);
    else waiting.set(cgroup, [...(waiting.get(cgroup) ?? []), event]);
  }
  return [...ordered, ...[...waiting.values()].flat()];
}
