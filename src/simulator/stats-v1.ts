import { hostMemoryBytes, usageOf } from './load.ts';
import type { Container } from './types.ts';

const noLimit = '9223372036854771712';

const cpuTotal = (perCpu: readonly number[]): number => perCpu.reduce((sum, ns) => sum + Math.floor(ns), 0);

const ticks = (ns: number): number => Math.floor(ns / 1e7) * 1e7;

/** `cpu_usage` on cgroup v1: per CPU in nanoseconds, user and kernel in ticks of 10 ms. */
export function cpuUsageV1({ counters, seed }: Container): string {
  const total = cpuTotal(counters.perCpuNs);
  const kernel = total * kernelShare(seed);
  return `{"total_usage":${total},"percpu_usage":[${counters.perCpuNs.map(Math.floor).join(',')}],"usage_in_kernelmode":${ticks(kernel)},"usage_in_usermode":${ticks(total - kernel)}}`;
}

export const kernelShare = (seed: number): number => 0.2 + (seed % 30) / 100;

/** `memory_stats` on cgroup v1, where every value has a `total_` twin. */
export function memoryV1({ counters, spec, seed }: Container): string {
  const { anon, file, pgfault, maxUsage } = counters;
  const limit = spec.memoryLimitBytes;
  const activeAnon = Math.floor(anon / 8192) * 4096;
  const activeFile = Math.floor(file / 16384) * 4096;
  const faults = Math.floor(pgfault);
  const values: readonly (readonly [string, number])[] = [
    ['active_anon', activeAnon],
    ['active_file', activeFile],
    ['cache', file],
    ['dirty', Math.min(file, (seed % 8) * 4096)],
    ['inactive_anon', anon - activeAnon],
    ['inactive_file', file - activeFile],
    ['mapped_file', Math.floor(file / 32768) * 4096],
    ['pgfault', faults],
    ['pgmajfault', seed % 5],
    ['pgpgin', faults + (anon + file) / 4096],
    ['pgpgout', faults],
    ['rss', anon],
    ['rss_huge', 0],
    ['unevictable', 0],
    ['writeback', 0],
  ];
  const entries = values.map(([key, value]) => `"${key}":${value}`);
  const totals = values.map(([key, value]) => `"total_${key}":${value}`);
  const limits = [
    `"hierarchical_memory_limit":${limit > 0 ? limit : noLimit}`,
    `"hierarchical_memsw_limit":${limit > 0 ? limit * 2 : noLimit}`,
  ];
  const stats = [...entries, ...limits, ...totals].sort().join(',');
  return `{"usage":${usageOf(counters)},"max_usage":${maxUsage},"stats":{${stats}},"limit":${limit > 0 ? limit : hostMemoryBytes}}`;
}

const device = '"major":254,"minor":0';

const operations = (read: number, write: number): string =>
  [
    ['Read', read],
    ['Write', write],
    ['Sync', read + write],
    ['Async', 0],
    ['Discard', 0],
    ['Total', read + write],
  ]
    .map(([op, value]) => `{${device},"op":"${op!}","value":${value!}}`)
    .join(',');

/** `blkio_stats` on cgroup v1: empty lists until something is read or written. */
export function blockV1({ counters }: Container): string {
  const read = Math.floor(counters.readBytes / 4096);
  const write = Math.floor(counters.writeBytes / 4096);
  const idle = read + write === 0;
  return `{"io_service_bytes_recursive":[${idle ? '' : operations(read * 4096, write * 4096)}],"io_serviced_recursive":[${idle ? '' : operations(read, write)}],"io_queue_recursive":[],"io_service_time_recursive":[],"io_wait_time_recursive":[],"io_merged_recursive":[],"io_time_recursive":[],"sectors_recursive":[]}`;
}

/** `pids_stats` on cgroup v1: no limit, no key. */
export const pidsV1 = ({ counters, spec }: Container): string =>
  `{"current":${counters.pids}${spec.pidsLimit > 0 ? `,"limit":${spec.pidsLimit}` : ''}}`;
