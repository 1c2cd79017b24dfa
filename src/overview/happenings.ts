import { exitCodeOf, healthIn, isRemoval } from '../records/container-records.ts';
import type { DockerEvent } from '../records/docker-event.ts';
import type { Gap } from '../records/gap.ts';
import type { AboutContainer, CrashLoop } from '../records/lifecycle.ts';
import type { OomKill } from '../records/oom-kill.ts';
import { shortId, showClock, showDuration } from './units.ts';

/** What makes a happening stand out, or does not. */
export type Mark =
  'oom' | 'crash-loop' | 'unhealthy' | 'failed' | 'gap' | 'healthy' | 'up' | 'down' | 'plain' | 'exec';

/** A happening in words. */
export interface Told {
  readonly mark: Mark;
  /** What it happened to. */
  readonly subject: string;
  readonly text: string;
}

export function tell(one: DockerEvent | Gap | OomKill | CrashLoop): Told {
  if (one.kind === 'gap') return { mark: 'gap', subject: 'Gap', text: gapText(one) };
  if (one.kind === 'oom-kill') return tellKill(one);
  if (one.kind === 'crash-loop')
    return { mark: 'crash-loop', subject: one.container.name, text: loopText(one) };
  const subject = one.attributes['name'] ?? (shortId(one.id) || one.type);
  return one.type === 'container' ? { subject, ...tellContainer(one) } : { subject, ...tellOther(one) };
}

/** Whether an end is one that nobody asked for: 130 and 143 are how an asked-for one looks. */
export const isFailure = (exitCode: number | undefined): boolean =>
  exitCode !== undefined && ![0, 130, 143].includes(exitCode);

function gapText({ fromTime, toTime, reason, atLeast }: Gap): string {
  const [from, to] = [Date.parse(fromTime), Date.parse(toTime)];
  const many = atLeast > 0 ? `at least ${atLeast} events` : 'events may be';
  return `${many} missing, ${showClock(from)} to ${showClock(to)}: ${reason.replaceAll('-', ' ')}`;
}

const tellKill = ({ containerId, name, process }: OomKill): Told => ({
  mark: 'oom',
  subject: name ?? (containerId === undefined ? 'host' : shortId(containerId)),
  text: `out of memory: ${process ?? 'a process'} was killed`,
});

/** Of a container that fails again and again. */
export function loopText({
  deaths,
  since,
  time,
  exitCodes,
}: Omit<CrashLoop, 'kind' | keyof AboutContainer>): string {
  const seconds = (Date.parse(time) - Date.parse(since)) / 1_000;
  const codes = [...new Set(exitCodes)];
  const withCodes = codes.length === 0 ? '' : `, exit code${codes.length > 1 ? 's' : ''} ${codes.join(', ')}`;
  return `failed ${deaths} times in ${showDuration(Math.max(1, seconds))}${withCodes}`;
}

const tellOther = ({ type, action, attributes }: DockerEvent): Omit<Told, 'subject'> => ({
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

function tellContainer(event: DockerEvent): Omit<Told, 'subject'> {
  const { action, attributes } = event;
  if (action.startsWith('exec_')) return { mark: 'exec', text: action.replace('_', ' ') };
  if (action === 'oom') return { mark: 'oom', text: 'out of memory: a process was killed' };
  if (action === 'die') return tellDeath(event);
  const health = healthIn(event);
  if (health !== undefined)
    return { mark: health === 'unhealthy' ? 'unhealthy' : 'healthy', text: `became ${health}` };
  if (action === 'kill') {
    const signal = attributes['signal'] ?? '';
    return { mark: 'plain', text: `was sent SIG${SIGNALS[signal] ?? ` ${signal}`}` };
  }
  const isStart = ['start', 'restart', 'unpause'].includes(action);
  const mark = isStart ? 'up' : action === 'stop' || isRemoval(event) ? 'down' : 'plain';
  return { mark, text: WORDS[action] ?? action };
}

function tellDeath(event: DockerEvent): Omit<Told, 'subject'> {
  const code = exitCodeOf(event);
  const text = `ended${code === undefined ? '' : ` with exit code ${code}`}`;
  if (event.exit?.oomKilled === true) return { mark: 'oom', text: `out of memory: ${text}` };
  return { mark: isFailure(code) ? 'failed' : 'down', text };
}
