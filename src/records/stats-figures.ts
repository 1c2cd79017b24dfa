import type { CpuStats, MemoryStats, StatsBody } from './container-stats.ts';

/** False for what kernels and engines write where there is no limit: 2^63 rounded down to pages, or 2^64 - 1. */
export function isLimit(value: number): boolean {
  return value < 2 ** 62;
}

/** How many processes the container may have; undefined where there is no limit or the engine does not say. */
export function pidsLimit({ pids_stats: { limit } }: StatsBody): number | undefined {
  return limit !== undefined && isLimit(limit) ? limit : undefined;
}

/** CPU time used since the container's start, in nanoseconds: of this reading or of the one before. Windows counts hundreds of them. */
export function cpuNanoseconds(body: StatsBody, cpu: CpuStats): number {
  return cpu.cpu_usage.total_usage * (isWindows(body) ? 100 : 1);
}

/** Only Windows says how many processors the host has. */
export function isWindows(body: StatsBody): boolean {
  return body.num_procs > 0;
}

/**
 * Memory in use, in bytes, as `docker stats` shows it: usage without the page cache that can be dropped at once.
 * Podman's usage comes without it; Windows' is the private working set. Files in tmpfs are memory.
 */
export function memoryBytes({ memory_stats: memory }: StatsBody): number | undefined {
  const { usage } = memory;
  if (usage === undefined) return memory.privateworkingset;
  return usage - inactiveFile(memory, usage);
}

/** The CLI's rule: cgroup v1's key where it is there and smaller than the usage, else v2's, else nothing. */
function inactiveFile({ stats }: MemoryStats, usage: number): number {
  const total = stats?.['total_inactive_file'];
  if (total !== undefined && total < usage) return total;
  const own = stats?.['inactive_file'];
  return own !== undefined && own < usage ? own : 0;
}

/** Memory in use as per cent of its limit; of the host's memory where the container has none. */
export function memoryPercent(body: StatsBody): number | undefined {
  const used = memoryBytes(body);
  const { limit } = body.memory_stats;
  return used === undefined || limit === undefined || limit <= 0 || !isLimit(limit)
    ? undefined
    : (used / limit) * 100;
}

/** Bytes received (or sent) over all interfaces since the container's start; undefined without a network of its own. */
export function networkBytes(body: StatsBody, field: 'rx_bytes' | 'tx_bytes'): number | undefined {
  if (body.networks === undefined) return body.network?.[field];
  let sum: number | undefined;
  for (const name in body.networks) sum = (sum ?? 0) + (body.networks[name]?.[field] ?? 0);
  return sum;
}

/**
 * Bytes read from (or written to) block devices since the container's start, over all devices: one that is
 * stacked on another counts twice. Undefined where the kernel counts nothing. Only the ops `read` and `write`
 * are bytes; podman 5 has others among them.
 */
export function blockBytes(body: StatsBody, op: 'read' | 'write'): number | undefined {
  const entries = body.blkio_stats['io_service_bytes_recursive'];
  if (entries === undefined || entries === null) return body.storage_stats[`${op}_size_bytes`];
  let sum: number | undefined;
  for (const entry of entries) {
    if (entry.op === op || entry.op === VERSION_1_OPS[op]) sum = (sum ?? 0) + entry.value;
  }
  return sum;
}

/** cgroup v1 has them with a capital. */
const VERSION_1_OPS = { read: 'Read', write: 'Write' } as const;
