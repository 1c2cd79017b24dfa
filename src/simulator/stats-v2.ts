import { hostMemoryBytes, kernelBytes, usageOf } from './load.ts';
import { kernelShare } from './stats-v1.ts';
import type { Container } from './types.ts';

/** systemd's task limit for a scope, which is what shows where no limit was asked for. */
const defaultTasksMax = 18963;

const micros = (ns: number): number => Math.floor(ns / 1000) * 1000;

/** `cpu_usage` on cgroup v2: whole microseconds, no per-CPU values; user and kernel add up to the total. */
export function cpuUsageV2({ counters, seed }: Container): string {
  const total = micros(counters.perCpuNs.reduce((sum, ns) => sum + ns, 0));
  const kernel = micros(total * kernelShare(seed));
  return `{"total_usage":${total},"usage_in_kernelmode":${kernel},"usage_in_usermode":${total - kernel}}`;
}

/** `memory_stats` on cgroup v2: usage, 31 values, limit; no `max_usage`. */
export function memoryV2({ counters, spec, seed }: Container): string {
  const { anon, file, pids } = counters;
  const activeAnon = Math.floor(anon / 8192) * 4096;
  const activeFile = Math.floor(file / 16384) * 4096;
  const stack = pids * 16384;
  const slab = kernelBytes(pids) - stack;
  const reclaimable = Math.floor(slab / 3);
  const limit = spec.memoryLimitBytes > 0 ? spec.memoryLimitBytes : hostMemoryBytes;
  return `{"usage":${usageOf(counters)},"stats":{"active_anon":${activeAnon},"active_file":${activeFile},"anon":${anon},"anon_thp":0,"file":${file},"file_dirty":${Math.min(file, (seed % 8) * 4096)},"file_mapped":${Math.floor(file / 32768) * 4096},"file_writeback":0,"inactive_anon":${anon - activeAnon},"inactive_file":${file - activeFile},"kernel_stack":${stack},"pgactivate":0,"pgdeactivate":0,"pgfault":${Math.floor(counters.pgfault)},"pglazyfree":0,"pglazyfreed":0,"pgmajfault":${seed % 5},"pgrefill":0,"pgscan":0,"pgsteal":0,"shmem":0,"slab":${slab},"slab_reclaimable":${reclaimable},"slab_unreclaimable":${slab - reclaimable},"sock":0,"thp_collapse_alloc":0,"thp_fault_alloc":2,"unevictable":0,"workingset_activate":0,"workingset_nodereclaim":0,"workingset_refault":0},"limit":${limit}}`;
}

/** `blkio_stats` on cgroup v2: `null` until there is I/O, then `read` and `write` in lower case. */
export function blockV2({ counters }: Container): string {
  const read = Math.floor(counters.readBytes / 4096) * 4096;
  const write = Math.floor(counters.writeBytes / 4096) * 4096;
  const bytes =
    read + write === 0
      ? 'null'
      : `[{"major":254,"minor":16,"op":"read","value":${read}},{"major":254,"minor":16,"op":"write","value":${write}}]`;
  return `{"io_service_bytes_recursive":${bytes},"io_serviced_recursive":null,"io_queue_recursive":null,"io_service_time_recursive":null,"io_wait_time_recursive":null,"io_merged_recursive":null,"io_time_recursive":null,"sectors_recursive":null}`;
}

/** `pids_stats` on cgroup v2 with the systemd driver: always a limit. */
export const pidsV2 = ({ counters, spec }: Container): string =>
  `{"current":${counters.pids},"limit":${spec.pidsLimit > 0 ? spec.pidsLimit : defaultTasksMax}}`;
