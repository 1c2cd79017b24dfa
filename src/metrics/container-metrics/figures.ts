import type { BlkioEntry, ContainerStats } from '../../records/container-stats.ts';
import { instantOf } from '../../records/instant.ts';
import { cpuNanoseconds, isWindows } from '../../records/stats-figures.ts';

/** CPU time used, in seconds. */
export const cpuSeconds = ({ stats }: ContainerStats): number => cpuNanoseconds(stats, stats.cpu_stats) / 1e9;

/** CPU time outside of the kernel and in it, in seconds. */
export function cpuSecondsByMode(record: ContainerStats): { readonly user: number; readonly system: number } {
  const { engine, stats } = record;
  const { usage_in_usermode, usage_in_kernelmode, percpu_usage } = stats.cpu_stats.cpu_usage;
  if (engine === 'podman' && percpu_usage === undefined) {
    // Podman 5 on cgroup v2 writes microseconds, and takes them off the total as if they were nanoseconds.
    const system = usage_in_kernelmode / 1e6;
    return { user: Math.max(0, cpuSeconds(record) - system), system };
  }
  const unit = isWindows(stats) ? 1e7 : 1e9;
  return { user: usage_in_usermode / unit, system: usage_in_kernelmode / unit };
}

/** The first of these that memory.stat has. cgroup v1 counts a container's children only in its `total_` names. */
export function ofMemory({ stats }: ContainerStats, ...keys: readonly string[]): number | undefined {
  const values = stats.memory_stats.stats;
  return keys.map((key) => values?.[key]).find((value) => value !== undefined);
}

/** Memory in use, in bytes; on Windows its private working set. */
export const memoryUsage = ({ stats: { memory_stats: memory } }: ContainerStats): number | undefined =>
  memory.usage ?? memory.privateworkingset;

/** Memory in use without file pages that nobody has touched for a while. */
export function workingSet(record: ContainerStats): number | undefined {
  const usage = memoryUsage(record);
  const idle = ofMemory(record, 'total_inactive_file', 'inactive_file') ?? 0;
  return usage === undefined ? undefined : Math.max(0, usage - idle);
}

/** What the container itself holds, in bytes: no files. */
export const residentMemory = (record: ContainerStats): number | undefined =>
  ofMemory(record, 'total_rss', 'anon');

/** What block devices did for it; nothing where the kernel does not count. */
export const blockEntries = (
  { stats }: ContainerStats,
  list: 'io_service_bytes_recursive' | 'io_serviced_recursive',
): readonly BlkioEntry[] => stats.blkio_stats[list] ?? [];

/** How the engine names a device: it knows numbers only. */
export const deviceOf = ({ major, minor }: BlkioEntry): string => `${major}:${minor}`;

/** `Read` as cgroup v1 has it, `read` as v2. */
export const isOp = ({ op }: BlkioEntry, wanted: 'read' | 'write'): boolean => op.toLowerCase() === wanted;

/** Seconds since the epoch. */
export function secondsOf(time: string | undefined): number | undefined {
  if (time === undefined) return undefined;
  const { ms, nanos } = instantOf(time);
  return Number.isNaN(ms) ? undefined : ms / 1e3 + nanos / 1e9;
}
