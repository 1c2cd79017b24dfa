import { tell } from '../../overview/happenings.ts';
import type { Mark } from '../../overview/happenings.ts';
import { shortImage } from '../../overview/units.ts';
import type { DockerEvent } from '../../records/docker-event.ts';
import type { Gap } from '../../records/gap.ts';
import type { CrashLoop } from '../../records/lifecycle.ts';
import type { OomKill } from '../../records/oom-kill.ts';
import type { Tone } from '../shared/tones.ts';

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

/** What stands out. */
const LOUD: Readonly<Partial<Record<Mark, readonly [string, Tone]>>> = {
  gap: ['GAP', 'bad'],
  oom: ['OOM KILL', 'bad'],
  'crash-loop': ['CRASH LOOP', 'bad'],
  failed: ['DIED', 'bad'],
  unhealthy: ['UNHEALTHY', 'bad'],
  healthy: ['HEALTHY', 'good'],
};
const TONES: Readonly<Record<string, Tone>> = {
  create: 'good',
  start: 'good',
  unpause: 'good',
  die: 'warning',
  kill: 'warning',
  stop: 'warning',
  pause: 'warning',
  restart: 'warning',
};

/** Undefined for what is not shown: execs, which health checks run all the time. */
export function itemOf(one: Happening): Item | undefined {
  const { mark, subject: name, text } = tell(one);
  if (mark === 'exec') return undefined;
  const atMs = Date.parse(one.time);
  const subject = one.kind === 'gap' ? one.host : name;
  const loud = LOUD[mark];
  if (loud !== undefined) return { atMs, what: loud[0], tone: loud[1], subject, text };
  const { type, action, attributes } = one as DockerEvent;
  if (type !== 'container') return { atMs, what: action, tone: 'quiet', subject, text: type };
  // The action says it already.
  const isSaid = action !== 'die' && action !== 'kill';
  const more = isSaid ? shortImage(attributes['image'] ?? '') : text;
  return { atMs, what: action, tone: TONES[action], subject, text: more };
}
