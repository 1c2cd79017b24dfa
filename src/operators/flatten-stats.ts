import { defer, map, type OperatorFunction } from 'rxjs';
import type { ContainerStats, StatsBody } from '../records/container-stats.ts';
import { pidsLimit } from '../records/stats-figures.ts';

/** One reading as one flat object, all figures as the engine counts them: see {@link flattenStats}. */
export interface FlatStats {
  /** When it was read: RFC 3339, as the engine wrote it. */
  readonly '@timestamp': string;
  /** The container's name, without a leading slash. */
  readonly container: string;
  readonly container_id: string;
  readonly image: string;
  readonly image_id: string;
  readonly host: string;
  readonly simulated?: true;
  /** Nanoseconds; hundreds of them on Windows. */
  readonly cpu_total_usage: number;
  /** `blkio_io_service_bytes_recursive_read`: by list and op in lower case, the sum over all devices. */
  readonly [blkio: `blkio_${string}`]: number;
  /** `cpu_percpu_usage0`, `cpu_usage_in_usermode`, `cpu_throttling_periods`, `cpu_online_cpus`. */
  readonly [cpu: `cpu_${string}`]: number;
  /** `memory_usage`, `memory_limit` and each key of memory.stat, a total over sub-cgroups preferred. */
  readonly [memory: `memory_${string}`]: number;
  /** `network_rx_bytes` over all interfaces, `network_eth0_rx_bytes` of one where there are several. */
  readonly [network: `network_${string}`]: number;
  readonly [pids: `pids_${string}`]: number;
  /** Windows only. */
  readonly [storage: `storage_${string}`]: number;
  /** `label_com.docker.compose.service`: the labels the source let through, their names as they are. */
  readonly [label: `label_${string}`]: string;
}

export function flattenStats(): OperatorFunction<ContainerStats, FlatStats> {
  return function flattenStats(records) {
    return defer(() => records.pipe(map((record) => flat(record))));
  };
}

type Fields = Record<string, number | string | true>;

const memoryKeys = [
  ...['active_anon', 'active_file', 'cache', 'inactive_anon', 'inactive_file', 'mapped_file', 'pgfault'],
  ...['pgmajfault', 'pgpgin', 'pgpgout', 'rss', 'rss_huge', 'swap', 'unevictable', 'writeback'],
];

function flat(record: ContainerStats): FlatStats {
  const { container, stats } = record;
  const fields: Fields = {
    '@timestamp': record.time,
    container: container.name,
    container_id: container.id,
    image: container.image,
    image_id: container.imageId,
  };
  addBlkio(fields, stats);
  addCpu(fields, stats);
  addMemory(fields, stats);
  addNetwork(fields, stats);
  fields['host'] = record.host;
  if (record.simulated) fields['simulated'] = true;
  for (const name in container.labels) fields[`label_${name}`] = container.labels[name]!;
  const { periods, throttled_periods, throttled_time } = stats.cpu_stats.throttling_data;
  fields['cpu_throttling_periods'] = periods;
  fields['cpu_throttling_throttled_periods'] = throttled_periods;
  fields['cpu_throttling_throttled_time'] = throttled_time;
  add(fields, 'cpu_system_usage', stats.cpu_stats.system_cpu_usage);
  add(fields, 'cpu_online_cpus', stats.cpu_stats.online_cpus);
  add(fields, 'pids_current', stats.pids_stats.current);
  add(fields, 'pids_limit', pidsLimit(stats));
  return fields as unknown as FlatStats;
}

function add(fields: Fields, name: string, value: number | undefined): void {
  if (value !== undefined) fields[name] = value;
}

function addBlkio(fields: Fields, { blkio_stats }: StatsBody): void {
  for (const list in blkio_stats) {
    for (const { op, value } of blkio_stats[list] ?? []) {
      const name = `blkio_${list}_${op.toLowerCase()}`;
      fields[name] = ((fields[name] as number | undefined) ?? 0) + value;
    }
  }
}

function addCpu(fields: Fields, { cpu_stats: { cpu_usage: usage } }: StatsBody): void {
  fields['cpu_total_usage'] = usage.total_usage;
  fields['cpu_usage_in_kernelmode'] = usage.usage_in_kernelmode;
  fields['cpu_usage_in_usermode'] = usage.usage_in_usermode;
  usage.percpu_usage?.forEach((value, index) => (fields[`cpu_percpu_usage${index}`] = value));
}

function addMemory(fields: Fields, { memory_stats: { stats = {}, ...memory } }: StatsBody): void {
  add(fields, 'memory_limit', memory.limit);
  add(fields, 'memory_usage', memory.usage);
  for (const name of memoryKeys) add(fields, `memory_${name}`, stats[`total_${name}`] ?? stats[name]);
  add(fields, 'memory_max_usage', memory.max_usage);
  add(fields, 'memory_failcnt', memory.failcnt);
  for (const name in stats) {
    const plain = name.startsWith('total_') ? name.slice(6) : name;
    fields[`memory_${plain}`] ??= stats[`total_${plain}`] ?? stats[plain]!;
  }
}

function addNetwork(fields: Fields, { networks, network }: StatsBody): void {
  for (const name in network)
    if (typeof network[name] === 'number') fields[`network_${name}`] = network[name];
  const several = networks !== undefined && Object.keys(networks).length > 1;
  for (const each in networks) {
    for (const name in networks[each]) {
      const value = networks[each][name];
      if (typeof value !== 'number') continue;
      fields[`network_${name}`] = ((fields[`network_${name}`] as number | undefined) ?? 0) + value;
      if (several) fields[`network_${each}_${name}`] = value;
    }
  }
}
