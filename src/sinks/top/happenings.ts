import { exitCodeOf, healthIn } from '../../records/container-records.ts';
import type { DockerEvent } from '../../records/docker-event.ts';
import type { Gap } from '../../records/gap.ts';
import type { CrashLoop } from '../../records/lifecycle.ts';
import type { OomKill } from '../../records/oom-kill.ts';
import type { Tone } from '../shared/tones.ts';
import { localTime, shortId, shortImage } from './units.ts';

export type Happening = DockerEvent | Gap | OomKill | CrashLoop;

/** A line of the strip of events. What asks for attention is in capitals. */
export interface Item {
  readonly atMs: number;
  readonly what: string;
  readonly tone: Tone | undefined;
  /** What it happened to. */
  readonly subject: string;
  readonly text: string;
}

type Part = Omit<Item, 'atMs'>;

/** Undefined for what is not shown: execs, which health checks run all the time. */
export function itemOf(one: Happening): Item | undefined {
  const part = partOf(one);
  return part && { atMs: Date.parse(one.time), ...part };
}

function partOf(one: Happening): Part | undefined {
  if (one.kind === 'gap') return gapPart(one);
  if (one.kind === 'oom-kill') return killPart(one);
  if (one.kind === 'crash-loop') return loopPart(one);
  if (one.action.startsWith('exec_')) return undefined;
  const subject = one.attributes['name'] ?? shortId(one.id);
  if (one.type !== 'container') return { what: one.action, tone: 'quiet', subject, text: one.type };
  return { subject, ...containerPart(one) };
}

const gapPart = ({ host, fromTime, toTime, reason, atLeast }: Gap): Part => ({
  what: 'GAP',
  tone: 'bad',
  subject: host,
  text: `${atLeast > 0 ? `at least ${atLeast} events` : 'events may be'} missing, ${clock(fromTime)} to ${clock(toTime)}: ${reason}`,
});

const killPart = ({ containerId, name, process }: OomKill): Part => ({
  what: OOM_KILL,
  tone: 'bad',
  subject: name ?? (containerId === undefined ? 'host' : shortId(containerId)),
  text: `out of memory: ${process ?? 'a process'} was killed`,
});

const loopPart = ({ container, deaths, since, exitCodes }: CrashLoop): Part => ({
  what: 'CRASH LOOP',
  tone: 'bad',
  subject: container.name,
  text: `${deaths} deaths since ${clock(since)}, exit codes ${exitCodes.join(', ') || 'unknown'}`,
});

const OOM_KILL = 'OOM KILL';
const TONES: Readonly<Record<string, Tone>> = {
  create: 'good',
  start: 'good',
  unpause: 'good',
  kill: 'warning',
  stop: 'warning',
  pause: 'warning',
  restart: 'warning',
};

function containerPart(event: DockerEvent): Omit<Part, 'subject'> {
  const { action, attributes, exit } = event;
  const image = shortImage(attributes['image'] ?? '');
  const health = healthIn(event);
  if (health !== undefined) {
    const isBad = health === 'unhealthy';
    return { what: health.toUpperCase(), tone: isBad ? 'bad' : 'good', text: image };
  }
  if (action === 'oom') return { what: OOM_KILL, tone: 'bad', text: 'out of memory: a process was killed' };
  if (action === 'die') {
    const code = exitCodeOf(event);
    const text = code === undefined ? image : `exit code ${code}`;
    if (exit?.oomKilled === true)
      return { what: OOM_KILL, tone: 'bad', text: `out of memory: died, ${text}` };
    return isFailure(code) ? { what: 'DIED', tone: 'bad', text } : { what: action, tone: 'warning', text };
  }
  const { signal } = attributes;
  const text = action === 'kill' && signal !== undefined ? `signal ${signal}` : image;
  return { what: action, tone: TONES[action], text };
}

/** 130 and 143 are how an end looks that somebody asked for. */
export const isFailure = (exitCode: number | undefined): boolean =>
  exitCode !== undefined && ![0, 130, 143].includes(exitCode);

const clock = (time: string): string => localTime(Date.parse(time));
