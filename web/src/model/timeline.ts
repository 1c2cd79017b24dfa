import { isFailure, loopText, tell } from '../../../src/overview/happenings.ts';
import type { Mark } from '../../../src/overview/happenings.ts';
import { wordsIn } from '../../../src/overview/search.ts';
import { exitCodeOf, isRemoval } from '../../../src/records/container-records.ts';
import type { DockerEvent } from '../../../src/records/docker-event.ts';
import type { Happening } from '../../../src/records/page-state.ts';

export type Category = 'trouble' | 'containers' | 'other' | 'execs';

/** A line of the timeline. */
export interface Item {
  /** The same for the same happening, however often it comes. */
  readonly key: string;
  readonly atMs: number;
  /** RFC 3339, as it came. */
  readonly time: string;
  readonly category: Category;
  readonly mark: Mark;
  /** What it happened to. */
  readonly subject: string;
  readonly text: string;
  /** Of the container, where it is of one. */
  readonly containerId: string | undefined;
  /** It was worked out, not told. */
  readonly isSynthetic: boolean;
}

const TROUBLES: readonly Mark[] = ['oom', 'crash-loop', 'unhealthy', 'failed', 'gap'];

export function itemOf(one: Happening): Item {
  const told = tell(one);
  const category = TROUBLES.includes(told.mark)
    ? 'trouble'
    : told.mark === 'exec'
      ? 'execs'
      : one.kind === 'docker-event' && one.type !== 'container'
        ? 'other'
        : 'containers';
  return { ...told, category, time: one.time, atMs: Date.parse(one.time), ...identityOf(one) };
}

function identityOf(one: Happening): Pick<Item, 'key' | 'containerId' | 'isSynthetic'> {
  switch (one.kind) {
    case 'gap':
      return {
        key: `gap|${one.host}|${one.fromTime}|${one.toTime}`,
        ...{ containerId: undefined, isSynthetic: false },
      };
    case 'oom-kill':
      return {
        key: `oom-kill|${one.host}|${one.time}|${String(one.pid)}`,
        ...{ containerId: one.containerId, isSynthetic: one.isInferred === true },
      };
    case 'docker-event':
      return {
        key: `event|${one.host}|${one.timeNano}|${one.type}|${one.action}|${one.id}`,
        containerId: one.type === 'container' ? one.id : undefined,
        isSynthetic: one.synthetic === true,
      };
  }
}

/** What the page itself has missed. */
export function missedItem(atMs: number, text: string): Item {
  const time = new Date(atMs).toISOString();
  return {
    ...{ key: `missed|${time}`, atMs, time, category: 'trouble', mark: 'gap', subject: 'Gap', text },
    ...{ containerId: undefined, isSynthetic: false },
  };
}

const LOOP_DEATHS = 3;
const LOOP_MS = 5 * 60_000;

/** Notices containers that fail again and again: three times within five minutes. */
export interface CrashLoops {
  /** The line that says so, at the third failure and only then. */
  readonly take: (event: DockerEvent) => Item | undefined;
  readonly isLooping: (containerId: string, nowMs: number) => boolean;
}

interface Death {
  readonly atMs: number;
  readonly code: number;
}

export function createCrashLoops(): CrashLoops {
  const failures = new Map<string, { deaths: Death[]; isTold: boolean }>();
  return {
    take(event) {
      const { type, action, id, time } = event;
      if (type !== 'container') return undefined;
      if (isRemoval(event)) failures.delete(id);
      const code = exitCodeOf(event);
      if (action !== 'die' || code === undefined || !isFailure(code)) return undefined;
      const atMs = Date.parse(time);
      const known = failures.get(id) ?? { deaths: [], isTold: false };
      known.deaths = [...known.deaths.filter((one) => atMs - one.atMs < LOOP_MS), { atMs, code }];
      failures.set(id, known);
      const isLoop = known.deaths.length >= LOOP_DEATHS;
      const isNew = isLoop && !known.isTold;
      known.isTold = isLoop;
      if (!isNew) return undefined;
      const since = new Date(known.deaths[0]!.atMs).toISOString();
      return {
        ...itemOf(event),
        ...{ key: `crash-loop|${id}|${time}`, mark: 'crash-loop', category: 'trouble' },
        text: loopText({
          ...{ deaths: known.deaths.length, since, time },
          exitCodes: known.deaths.map((one) => one.code),
        }),
      };
    },
    isLooping(id, nowMs) {
      const deaths = failures.get(id)?.deaths ?? [];
      return deaths.length >= LOOP_DEATHS && nowMs - deaths.at(-1)!.atMs < LOOP_MS;
    },
  };
}

export interface TimelineFilter {
  readonly categories: ReadonlySet<Category>;
  readonly text: string;
}

/** Of items, those of the categories that have every word. */
export function filterItems(items: readonly Item[], { categories, text }: TimelineFilter): readonly Item[] {
  const words = wordsIn(text);
  return items.filter(
    ({ category, subject, text: own }) =>
      categories.has(category) &&
      words.every((word) => subject.toLowerCase().includes(word) || own.toLowerCase().includes(word)),
  );
}
