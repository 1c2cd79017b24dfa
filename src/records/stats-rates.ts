import type { ContainerStats } from './container-stats.ts';
import type { Derived } from './derived-stats.ts';
import { instantOf, secondsBetween, type Instant } from './instant.ts';
import { isFirst } from './stats-body.ts';
import { blockBytes, cpuNanoseconds, memoryBytes, memoryPercent, networkBytes } from './stats-figures.ts';

/** The counters of one reading that rates are made of. Absent where the container has none (yet). */
export interface Totals {
  readonly at: Instant;
  readonly cpuNanoseconds: number;
  readonly rxBytes: number | undefined;
  readonly txBytes: number | undefined;
  readonly readBytes: number | undefined;
  readonly writeBytes: number | undefined;
}

export function totalsOf({ time, stats }: ContainerStats): Totals {
  return {
    at: instantOf(time),
    cpuNanoseconds: cpuNanoseconds(stats, stats.cpu_stats),
    rxBytes: networkBytes(stats, 'rx_bytes'),
    txBytes: networkBytes(stats, 'tx_bytes'),
    readBytes: blockBytes(stats, 'read'),
    writeBytes: blockBytes(stats, 'write'),
  };
}

/** What a reading says, alone and with the one before it, if there was one. */
export function derivedOf(record: ContainerStats, now: Totals, before: Totals | undefined): Derived {
  const { stats } = record;
  const derived: { -readonly [K in keyof Derived]: Derived[K] } = {};
  const put = (name: keyof Derived, value: number | undefined): void => {
    if (value !== undefined) derived[name] = value;
  };
  const seconds = before === undefined ? undefined : runningSeconds(before, now);
  if (before === undefined) put('cpuPercent', engineCpuPercent(record, now));
  else if (seconds !== undefined) put('cpuPercent', cpuPercent(before.cpuNanoseconds, now, seconds));
  put('memoryBytes', memoryBytes(stats));
  put('memoryPercent', memoryPercent(stats));
  if (before !== undefined && seconds !== undefined) {
    put('networkRxBytesPerSecond', perSecond(before.rxBytes, now.rxBytes, seconds));
    put('networkTxBytesPerSecond', perSecond(before.txBytes, now.txBytes, seconds));
    put('blockReadBytesPerSecond', perSecond(before.readBytes, now.readBytes, seconds));
    put('blockWriteBytesPerSecond', perSecond(before.writeBytes, now.writeBytes, seconds));
  }
  put('pids', stats.pids_stats.current);
  return derived;
}

/** Between two readings of one life: undefined when a counter fell, for the container was restarted then. */
function runningSeconds(before: Totals, now: Totals): number | undefined {
  const fell =
    now.cpuNanoseconds < before.cpuNanoseconds ||
    isBelow(now.rxBytes, before.rxBytes) ||
    isBelow(now.txBytes, before.txBytes) ||
    isBelow(now.readBytes, before.readBytes) ||
    isBelow(now.writeBytes, before.writeBytes);
  const seconds = secondsBetween(before.at, now.at);
  return !fell && seconds > 0 ? seconds : undefined;
}

const isBelow = (now: number | undefined, before: number | undefined): boolean =>
  now !== undefined && before !== undefined && now < before;

/**
 * By the reading the engine itself had before. Only Docker's will do: podman's first is compared with itself, a few
 * milliseconds ago.
 */
function engineCpuPercent({ engine, stats }: ContainerStats, now: Totals): number | undefined {
  if (engine !== 'docker' || isFirst(stats)) return undefined;
  const before = cpuNanoseconds(stats, stats.precpu_stats);
  const seconds = secondsBetween(instantOf(stats.preread), now.at);
  return now.cpuNanoseconds >= before && seconds > 0 ? cpuPercent(before, now, seconds) : undefined;
}

/** CPU time over wall-clock time: right on podman too, where the engine's own system counter leaves out idle time. */
const cpuPercent = (before: number, now: Totals, seconds: number): number =>
  ((now.cpuNanoseconds - before) / 1e9 / seconds) * 100;

/** A counter that was not there before has started since, at zero. */
const perSecond = (
  before: number | undefined,
  now: number | undefined,
  seconds: number,
): number | undefined => (now === undefined ? undefined : (now - (before ?? 0)) / seconds);
