import type { DockerEvent } from '../../../src/records/docker-event.ts';
import type { Gap } from '../../../src/records/gap.ts';
import type { OomKill } from '../../../src/records/oom-kill.ts';
import type { Happening } from '../../../src/records/page-state.ts';
import { shortId, showClock, showDuration } from './units.ts';

export type Category = 'trouble' | 'containers' | 'other' | 'execs';
export type Mark =
  'oom' | 'crash-loop' | 'unhealthy' | 'failed' | 'gap' | 'healthy' | 'up' | 'down' | 'plain';

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

export function itemOf(one: Happening): Item {
  if (one.kind === 'gap') return gapItem(one);
  return one.kind === 'oom-kill' ? killItem(one) : eventItem(one);
}

function gapItem(gap: Gap): Item {
  const [from, to] = [Date.parse(gap.fromTime), Date.parse(gap.toTime)];
  const many = gap.atLeast > 0 ? `at least ${gap.atLeast} events` : 'events may be';
  return {
    ...base(gap, `gap|${gap.host}|${gap.fromTime}|${gap.toTime}`),
    ...{ category: 'trouble', mark: 'gap', subject: 'Gap', isSynthetic: false, containerId: undefined },
    text: `${many} missing, ${showClock(from)} to ${showClock(to)}: ${gap.reason.replaceAll('-', ' ')}`,
  };
}

/** What the page itself has missed. */
export function missedItem(atMs: number, text: string): Item {
  const time = new Date(atMs).toISOString();
  return {
    ...{ key: `missed|${time}`, atMs, time, category: 'trouble', mark: 'gap', subject: 'Gap', text },
    ...{ containerId: undefined, isSynthetic: false },
  };
}

function killItem(kill: OomKill): Item {
  const { containerId, name, process, time } = kill;
  return {
    ...base(kill, `oom-kill|${kill.host}|${time}|${String(kill.pid)}`),
    ...{ category: 'trouble', mark: 'oom', containerId, isSynthetic: kill.isInferred === true },
    subject: name ?? (containerId === undefined ? 'host' : shortId(containerId)),
    text: `out of memory: ${process ?? 'a process'} was killed`,
  };
}

function eventItem(event: DockerEvent): Item {
  const isOfContainer = event.type === 'container';
  return {
    ...base(event, `event|${event.host}|${event.timeNano}|${event.type}|${event.action}|${event.id}`),
    ...(isOfContainer ? containerPart(event) : otherPart(event)),
    subject: event.attributes['name'] ?? (shortened(event.id) || event.type),
    containerId: isOfContainer ? event.id : undefined,
    isSynthetic: event.synthetic === true,
  };
}

/** Names stay as they are. */
const shortened = (id: string): string => (/^[0-9a-f]{64}$/.test(id) ? shortId(id) : id);

type Part = Pick<Item, 'category' | 'mark' | 'text'>;

const otherPart = ({ type, action, attributes }: DockerEvent): Part => ({
  category: 'other',
  mark: 'plain',
  text: `${type} ${action}${attributes['container'] === undefined ? '' : ` of ${shortId(attributes['container'])}`}`,
});

const SIGNALS: Readonly<Record<string, string>> = {
  1: 'HUP',
  2: 'INT',
  3: 'QUIT',
  6: 'ABRT',
  9: 'KILL',
  15: 'TERM',
};
const WORDS: Readonly<Record<string, string>> = {
  create: 'created',
  start: 'started',
  stop: 'stopped',
  restart: 'restarted',
  pause: 'paused',
  unpause: 'unpaused',
  destroy: 'removed',
  remove: 'removed',
  rename: 'renamed',
  update: 'updated',
};

function containerPart(event: DockerEvent): Part {
  const { action, attributes } = event;
  if (action.startsWith('exec_')) return { category: 'execs', mark: 'plain', text: action.replace('_', ' ') };
  if (action === 'oom')
    return { category: 'trouble', mark: 'oom', text: 'out of memory: a process was killed' };
  if (action === 'die') return deathPart(event);
  if (action.startsWith('health_status')) {
    const isBad = action.includes('unhealthy');
    const mark = isBad ? 'unhealthy' : 'healthy';
    return {
      category: isBad ? 'trouble' : 'containers',
      mark,
      text: isBad ? 'became unhealthy' : 'became healthy',
    };
  }
  if (action === 'kill') {
    const signal = attributes['signal'] ?? '';
    return { category: 'containers', mark: 'plain', text: `was sent SIG${SIGNALS[signal] ?? ` ${signal}`}` };
  }
  const mark = ['start', 'restart', 'unpause'].includes(action)
    ? 'up'
    : ['stop', 'destroy', 'remove'].includes(action)
      ? 'down'
      : 'plain';
  return { category: 'containers', mark, text: WORDS[action] ?? action };
}

/** The exit code of a `die`; undefined where nobody knows it. */
function exitCodeOf({ exit, attributes }: DockerEvent): number | undefined {
  const code = exit?.code ?? Number(attributes['exitCode'] ?? NaN);
  return Number.isNaN(code) ? undefined : code;
}

function deathPart(event: DockerEvent): Part {
  const code = exitCodeOf(event);
  const withCode = code === undefined ? '' : ` with exit code ${code}`;
  if (event.exit?.oomKilled === true)
    return { category: 'trouble', mark: 'oom', text: `out of memory: ended${withCode}` };
  if (isFailure(event)) return { category: 'trouble', mark: 'failed', text: `ended${withCode}` };
  return { category: 'containers', mark: 'down', text: `ended${withCode}` };
}

/** It ended by itself, and not well; 143 and 130 are how an asked-for end looks. */
function isFailure(event: DockerEvent): boolean {
  const code = exitCodeOf(event);
  return code !== undefined && ![0, 130, 143].includes(code);
}

const base = ({ time }: Happening, key: string): Pick<Item, 'key' | 'atMs' | 'time'> => ({
  ...{ key, time, atMs: Date.parse(time) },
});

const LOOP_DEATHS = 3;
const LOOP_MS = 5 * 60_000;

/** Notices containers that fail again and again: three times within five minutes. */
export interface CrashLoops {
  /** The line that says so, at the third failure and only then. */
  readonly take: (event: DockerEvent) => Item | undefined;
  readonly isLooping: (containerId: string, nowMs: number) => boolean;
}

export function createCrashLoops(): CrashLoops {
  const failures = new Map<string, { at: number[]; isTold: boolean }>();
  return {
    take(event) {
      const { type, action, id } = event;
      if (type !== 'container') return undefined;
      if (action === 'destroy' || action === 'remove') failures.delete(id);
      if (action !== 'die' || !isFailure(event)) return undefined;
      const atMs = Date.parse(event.time);
      const known = failures.get(id) ?? { at: [], isTold: false };
      known.at = [...known.at.filter((at) => atMs - at < LOOP_MS), atMs];
      failures.set(id, known);
      const isLoop = known.at.length >= LOOP_DEATHS;
      const isNew = isLoop && !known.isTold;
      known.isTold = isLoop;
      if (!isNew) return undefined;
      const seconds = (atMs - known.at[0]!) / 1_000;
      return {
        ...itemOf(event),
        ...{ key: `crash-loop|${id}|${event.time}`, mark: 'crash-loop', category: 'trouble' },
        text: `crash loop: failed ${known.at.length} times in ${showDuration(Math.max(1, seconds))}`,
      };
    },
    isLooping(id, nowMs) {
      const at = failures.get(id)?.at ?? [];
      return at.length >= LOOP_DEATHS && nowMs - at.at(-1)! < LOOP_MS;
    },
  };
}

export interface TimelineFilter {
  readonly categories: ReadonlySet<Category>;
  readonly text: string;
}

/** Of items, those of the categories that have every word. */
export function filterItems(items: readonly Item[], { categories, text }: TimelineFilter): readonly Item[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return items.filter(
    ({ category, subject, text: own }) =>
      categories.has(category) &&
      words.every((word) => subject.toLowerCase().includes(word) || own.toLowerCase().includes(word)),
  );
}
