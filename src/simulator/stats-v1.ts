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
  const { anon, file, maxUsage } = counters;
  const limit = spec.memoryLimitBytes;
  const activeAnon = Math.floor(anon / 8192) * 4096;
  const activeFile = Math.floor(file / 16384) * 4096;
  const faults = Math.floor(counters.pgfault);
  const pagesIn = faults + (anon + file) / 4096;
  const dirty = Math.min(file, (seed % 8) * 4096);
  const mapped = Math.floor(file / 32768) * 4096;
  // the engine sorts its keys, which puts the `total_` twins before the last two
  const first = (p: string): string =>
    `"${p}active_anon":${activeAnon},"${p}active_file":${activeFile},"${p}cache":${file},"${p}dirty":${dirty}`;
  const second = (p: string): string =>
    `"${p}inactive_anon":${anon - activeAnon},"${p}inactive_file":${file - activeFile},"${p}mapped_file":${mapped},"${p}pgfault":${faults},"${p}pgmajfault":${seed % 5},"${p}pgpgin":${pagesIn},"${p}pgpgout":${faults},"${p}rss":${anon},"${p}rss_huge":0`;
  const last = (p: string): string => `"${p}unevictable":0,"${p}writeback":0`;
  const hierarchical = `"hierarchical_memory_limit":${limit > 0 ? limit : noLimit},"hierarchical_memsw_limit":${limit > 0 ? limit * 2 : noLimit}`;
  const totals = `${first('total_')},${second('total_')},${last('total_')}`;
  const stats = `${first('')},${hierarchical},${second('')},${totals},${last('')}`;
  return `{"usage":${usageOf(counters)},"max_usage":${maxUsage},"stats":{${stats}},"limit":${limit > 0 ? limit : hostMemoryBytes}}`;
}

const device = '"major":254,"minor":0';

const operations = (read: number, write: number): string =>
  `{${device},"op":"Read","value":${read}},{${device},"op":"Write","value":${write}},{${device},"op":"Sync","value":${read + write}},{${device},"op":"Async","value":0},{${device},"op":"Discard","value":0},{${device},"op":"Total","value":${read + write}}`;

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
