import type { ContainerFacts } from '../../src/records/container-facts.ts';
import type { ContainerStats } from '../../src/records/container-stats.ts';
import type { DockerEvent } from '../../src/records/docker-event.ts';
import type { EngineInfo } from '../../src/records/engine-info.ts';
import { containerMetrics, type ContainerMetricsOptions } from '../../src/metrics/container-metrics.ts';
import type { Json } from '../../src/core/types.ts';

/** Container metrics under way, with a clock of their own. */
export interface Shown {
  readonly take: (...records: readonly { readonly kind: string }[]) => void;
  /** What a scrape shows: values by name and labels, `name{a="b"}`. */
  readonly all: () => ReadonlyMap<string, number>;
  /** The values of one metric, by labels, of one container or the sum. */
  readonly of: (metric: string, of?: string) => Readonly<Record<string, number>>;
  readonly names: () => ReadonlySet<string>;
  readonly pass: (ms: number) => void;
  readonly state: () => Json;
}

export function show(options: ContainerMetricsOptions = { names: 'cadvisor' }, state?: Json): Shown {
  let nowMs = 1_000_000;
  const fail = (metric: string, error?: unknown): never => {
    throw new Error(`${metric} is limited or failed: ${String(error)}`);
  };
  const meters = containerMetrics(options).map((metric) =>
    metric.open({ seriesLimit: 1_000, labelLimit: 200, now: () => nowMs, count: fail, failed: fail }),
  );
  if (state !== undefined) meters[0]!.restore!(state);
  const all = (): Map<string, number> =>
    new Map(
      meters.flatMap(({ families }) =>
        families.flatMap(({ name, series }) =>
          [...series()].flatMap((one) =>
            one === undefined ? [] : [[`${name}{${one.labels}}`, one.value] as const],
          ),
        ),
      ),
    );
  return {
    take: (...records) => {
      for (const record of records) for (const meter of meters) meter.take(record);
    },
    all,
    of: (metric, of = 'name="web"') =>
      Object.fromEntries(
        [...all()]
          .filter(([series]) => series.startsWith(`${metric}{`) && series.includes(of))
          .map(([series, value]) => [withoutBase(series.slice(metric.length + 1, -1)), value]),
      ),
    names: () => new Set([...all().keys()].map((series) => series.split('{')[0]!)),
    pass: (ms) => (nowMs += ms),
    state: () => meters[0]!.read!(),
  };
}

/** What is left beside the labels that all series of a container have. */
const withoutBase = (labels: string): string =>
  labels
    .split(/,(?=\w+=")/)
    .filter((label) => !/^(?:id|name|image|container_(?:id|name|image|runtime|label)\w*)=/.test(label))
    .join(',');

export const idOf = (number: number): string => number.toString(16).padStart(64, '0');

export function facts(more: Partial<ContainerFacts> = {}, id = idOf(1), name = 'web'): ContainerFacts {
  return {
    kind: 'container-facts',
    host: 'engine-1',
    engine: 'docker',
    time: '2026-11-22T10:00:00.000Z',
    container: { id, name, image: 'bb:1', imageId: 'sha256:a34e', labels: {} },
    state: 'running',
    health: 'none',
    createdAt: '2026-11-22T09:00:00Z',
    startedAt: '2026-11-22T09:30:00.5Z',
    oomKilled: false,
    restartCount: 0,
    cgroup: `/docker/${id}`,
    limits: {
      cpuPeriod: 100_000,
      cpuQuota: 0,
      cpuShares: 1024,
      memory: 0,
      memoryReservation: 0,
      memorySwap: 0,
      pids: 0,
    },
    ...more,
  };
}

/** A reading by its few numbers. */
export function stats(
  time: string,
  {
    cpuSeconds = 1,
    memory = 1_000,
    received = 10,
  }: { cpuSeconds?: number; memory?: number; received?: number } = {},
  id = idOf(1),
  name = 'web',
): ContainerStats {
  const throttling_data = { periods: 5, throttled_periods: 2, throttled_time: 500_000_000 };
  const cpu_usage = {
    total_usage: cpuSeconds * 1e9,
    usage_in_kernelmode: 0.25e9 * cpuSeconds,
    usage_in_usermode: 0.75e9 * cpuSeconds,
  };
  return {
    kind: 'container-stats',
    host: 'engine-1',
    engine: 'docker',
    time,
    container: { id, name, image: 'bb:1', imageId: 'sha256:a34e', labels: {} },
    stats: {
      read: time,
      preread: '0001-01-01T00:00:00Z',
      pids_stats: { current: 3 },
      blkio_stats: {},
      num_procs: 0,
      storage_stats: {},
      cpu_stats: { cpu_usage, throttling_data },
      precpu_stats: { cpu_usage, throttling_data },
      memory_stats: { usage: memory, stats: { anon: memory / 2, inactive_file: memory / 4 } },
      networks: { eth0: { rx_bytes: received, tx_bytes: 1 } },
    },
  };
}

export const oom = (id = idOf(1), name = 'web'): DockerEvent => ({
  kind: 'docker-event',
  host: 'engine-1',
  time: '2026-11-22T10:00:10.000000000Z',
  timeNano: '1',
  type: 'container',
  action: 'oom',
  id,
  attributes: { name },
  scope: 'local',
});

export const info = (more: Partial<EngineInfo> = {}): EngineInfo => ({
  kind: 'engine-info',
  host: 'engine-1',
  engine: 'docker',
  time: '2026-11-22T10:00:00.000Z',
  version: '28.5.2',
  kernel: '6.12',
  os: 'Debian',
  cgroupDriver: 'systemd',
  cgroupVersion: 2,
  storageDriver: 'overlay2',
  cpus: 2,
  memoryBytes: 4_096,
  containers: { running: 1, paused: 0, stopped: 2 },
  images: 3,
  ...more,
});
