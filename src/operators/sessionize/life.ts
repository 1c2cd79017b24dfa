import type { ContainerStats } from '../../records/container-stats.ts';
import type { DockerEvent } from '../../records/docker-event.ts';
import { instantOf, secondsBetween } from '../../records/instant.ts';
import { aboutContainer, exitCodeOf } from '../../records/container-records.ts';
import type { Session } from '../../records/lifecycle.ts';
import { memoryBytes } from '../../records/stats-figures.ts';
import { totalsOf, type Totals } from '../../records/stats-rates.ts';

/** What is known of a life so far. Plain, and never changed: it is kept in checkpoints. */
export interface Life {
  readonly startedAt?: string;
  /** It is over, and has been told. */
  readonly endedAt?: string;
  readonly synthetic?: true;
  readonly oomKilled?: true;
  readonly readings: number;
  readonly firstReadAt?: string;
  readonly peakMemoryBytes?: number;
  readonly totals?: Totals;
}

/** Nothing is known of it yet. */
export const NEW_LIFE: Life = { readings: 0 };

/**
 * Whether a start is the one of this life: where only readings from after it are known yet, or the start that
 * container facts told, which is a little before the event's.
 */
export function isStartOf({ startedAt, firstReadAt }: Life, time: string): boolean {
  if (startedAt !== undefined) return Math.abs(secondsFrom(startedAt, time)) < 1;
  return firstReadAt === undefined || secondsFrom(firstReadAt, time) <= 0;
}

/** Whether a reading is from a life before, however late it comes. */
export function isFromBefore({ startedAt, endedAt }: Life, { time }: ContainerStats): boolean {
  if (endedAt !== undefined) return secondsFrom(endedAt, time) <= 0;
  return startedAt !== undefined && secondsFrom(startedAt, time) < 0;
}

/**
 * A life with a reading more. One whose counter of CPU time fell is from the next life, of which no start has come
 * yet; it is left out.
 */
export function withReading(life: Life, reading: ContainerStats): Life {
  const totals = totalsOf(reading);
  if (life.totals !== undefined && totals.cpuNanoseconds < life.totals.cpuNanoseconds) return life;
  const bytes = memoryBytes(reading.stats);
  const peakMemoryBytes =
    bytes === undefined ? life.peakMemoryBytes : Math.max(life.peakMemoryBytes ?? 0, bytes);
  return {
    ...life,
    totals,
    readings: life.readings + 1,
    firstReadAt: life.firstReadAt ?? reading.time,
    ...(peakMemoryBytes !== undefined && { peakMemoryBytes }),
  };
}

/** What is told of a life that ended by an event: a `die`, or another one that shows that its end was missed. */
export function sessionOf(life: Life, event: DockerEvent): Session {
  const { startedAt, readings, peakMemoryBytes, totals } = life;
  const isEnd = event.action === 'die';
  const exitCode = isEnd ? exitCodeOf(event) : undefined;
  const oomKilled = (isEnd ? event.exit?.oomKilled : undefined) ?? life.oomKilled;
  const { time } = event;
  return {
    kind: 'session',
    ...aboutContainer(event),
    ...((life.synthetic === true || event.synthetic === true) && { synthetic: true }),
    time,
    ...(startedAt !== undefined && { startedAt }),
    ...(isEnd && { endedAt: time }),
    ...(isEnd && startedAt !== undefined && { durationSeconds: secondsFrom(startedAt, time) }),
    ...(exitCode !== undefined && { exitCode }),
    ...(oomKilled !== undefined && { oomKilled }),
    readings,
    ...(peakMemoryBytes !== undefined && { peakMemoryBytes }),
    ...(totals !== undefined && figuresOf(totals)),
  };
}

function figuresOf({ cpuNanoseconds, rxBytes, txBytes, readBytes, writeBytes }: Totals): Partial<Session> {
  return {
    cpuSeconds: cpuNanoseconds / 1e9,
    ...(rxBytes !== undefined && { networkRxBytes: rxBytes }),
    ...(txBytes !== undefined && { networkTxBytes: txBytes }),
    ...(readBytes !== undefined && { blockReadBytes: readBytes }),
    ...(writeBytes !== undefined && { blockWriteBytes: writeBytes }),
  };
}

const secondsFrom = (earlier: string, later: string): number =>
  secondsBetween(instantOf(earlier), instantOf(later));
