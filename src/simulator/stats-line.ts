import { rfc3339, yearOne } from './clock.ts';
import { goJson } from './go-json.ts';
import { onlineCpus } from './load.ts';
import type { CgroupVersion, EngineProfile } from './profile.ts';
import { blockV1, cpuUsageV1, memoryV1, pidsV1 } from './stats-v1.ts';
import { blockV2, cpuUsageV2, memoryV2, pidsV2 } from './stats-v2.ts';
import type { Container, Counters } from './types.ts';

/** One collection of one container, in pieces of JSON; the pieces are put together for each stream. */
export interface Reading {
  readonly name: string;
  readonly id: string;
  readonly read: string;
  readonly cpu: string;
  readonly memory: string;
  readonly pids: string;
  readonly block: string;
  /** '' = the answer has no `networks` */
  readonly networks: string;
}

const noThrottling = '"throttling_data":{"periods":0,"throttled_periods":0,"throttled_time":0}';
const zeroCpu = `{"cpu_usage":{"total_usage":0,"usage_in_kernelmode":0,"usage_in_usermode":0},${noThrottling}}`;
const zeroBlock =
  '{"io_service_bytes_recursive":null,"io_serviced_recursive":null,"io_queue_recursive":null,"io_service_time_recursive":null,"io_wait_time_recursive":null,"io_merged_recursive":null,"io_time_recursive":null,"sectors_recursive":null}';

/** What a container that does not run reads. */
export const zeroReading = ({ id, spec }: Container): Reading => ({
  name: goJson(`/${spec.name}`),
  id: goJson(id),
  read: yearOne,
  cpu: zeroCpu,
  memory: '{}',
  pids: '{}',
  block: zeroBlock,
  networks: '',
});

/** The host's CPU time in ticks of 10 ms; it grows by one second a CPU and second. */
const systemCpu = (uptimeNano: bigint): string =>
  ((uptimeNano / 10_000_000n) * 10_000_000n * BigInt(onlineCpus)).toString();

const throttling = ({ periods, throttledPeriods, throttledNs }: Counters): string =>
  `"throttling_data":{"periods":${Math.floor(periods)},"throttled_periods":${Math.floor(throttledPeriods)},"throttled_time":${Math.floor(throttledNs / 1000) * 1000}}`;

const packetBytes = 900;

const interfaces = ({ rx, tx }: Counters): string =>
  rx
    .map((received, i) => {
      const sent = tx[i]!;
      return `"eth${i}":{"rx_bytes":${Math.floor(received)},"rx_packets":${Math.floor(received / packetBytes)},"rx_errors":0,"rx_dropped":0,"tx_bytes":${Math.floor(sent)},"tx_packets":${Math.floor(sent / packetBytes)},"tx_errors":0,"tx_dropped":0}`;
    })
    .join(',');

/** Reads a container whose counters have been carried on to now. */
export function readContainer(container: Container, bootNano: bigint, cgroup: CgroupVersion): Reading {
  if (container.state !== 'running' && container.state !== 'paused') return zeroReading(container);
  const { counters, spec, id } = container;
  const nano = counters.atNano;
  const v1 = cgroup === 'v1';
  const usage = (v1 ? cpuUsageV1 : cpuUsageV2)(container);
  return {
    name: goJson(`/${spec.name}`),
    id: goJson(id),
    read: rfc3339(nano),
    cpu: `{"cpu_usage":${usage},"system_cpu_usage":${systemCpu(nano - bootNano)},"online_cpus":${onlineCpus},${throttling(counters)}}`,
    memory: (v1 ? memoryV1 : memoryV2)(container),
    pids: (v1 ? pidsV1 : pidsV2)(container),
    block: (v1 ? blockV1 : blockV2)(container),
    networks: counters.rx.length === 0 ? '' : `"networks":{${interfaces(counters)}}`,
  };
}

export interface LineOptions {
  /** the reading before on the same stream */
  readonly previous: Reading | undefined;
  /** newer engines leave name and id out of a one-shot answer */
  readonly named: boolean;
}

/** One sample as the engine writes it, without the newline. */
export function statsLine(
  reading: Reading,
  { previous, named }: LineOptions,
  { statsOrder }: EngineProfile,
): string {
  const { read, cpu, memory, pids, block, networks } = reading;
  const preread = previous?.read ?? yearOne;
  const precpu = previous?.cpu ?? zeroCpu;
  const procs = '"num_procs":0,"storage_stats":{}';
  const netsLast = networks === '' ? '' : `,${networks}`;
  if (statsOrder === 'os-type') {
    const who = named ? `"id":${reading.id},"name":${reading.name},` : '';
    return `{${who}"os_type":"linux","read":"${read}","cpu_stats":${cpu},"memory_stats":${memory}${netsLast},"pids_stats":${pids},"blkio_stats":${block},${procs},"preread":"${preread}","precpu_stats":${precpu}}`;
  }
  const body = `"read":"${read}","preread":"${preread}","pids_stats":${pids},"blkio_stats":${block},${procs},"cpu_stats":${cpu},"precpu_stats":${precpu},"memory_stats":${memory}`;
  const who = named ? `"name":${reading.name},"id":${reading.id}` : '';
  if (statsOrder === 'name-first') return `{${who === '' ? '' : `${who},`}${body}${netsLast}}`;
  return `{${body}${who === '' ? '' : `,${who}`}${netsLast}}`;
}
