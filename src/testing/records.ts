import { createHash } from 'node:crypto';
import type { ContainerFacts } from '../records/container-facts.ts';
import type { ContainerInfo, ContainerStats, StatsBody } from '../records/container-stats.ts';
import type { DockerEvent } from '../records/docker-event.ts';
import type { LogLine } from '../records/log-line.ts';
import { dated } from './moments.ts';

/** The container that a record is of. */
export interface OfContainer {
  /** Default `web`. The id follows from it: records of one name are of one container. */
  readonly name?: string;
  /** Default `busybox:1.37`. */
  readonly image?: string;
}

/** Fields as they are to be; all others have a value that fits. */
export interface DockerEventFields extends OfContainer, Partial<Omit<DockerEvent, 'kind' | 'timeNano'>> {
  /** Of a `die`: its attribute, and its `exit` where that is not given. Default 0. */
  readonly exitCode?: number;
}

/**
 * An event as `dockerEvents` emits it, by default a container's `start`. Attributes given are added to `name` and `image`,
 * or take their place.
 *
 * @example dockerEvent({ action: 'die', name: 'web', exitCode: 137 })
 */
export function dockerEvent(fields: DockerEventFields = {}): DockerEvent {
  const { name = 'web', image = IMAGE, exitCode = 0, time, attributes, ...given } = fields;
  const { type = 'container', action = 'start' } = given;
  const isContainer = type === 'container';
  const isDeath = isContainer && action === 'die';
  return dated(
    {
      kind: 'docker-event',
      host: HOST,
      time: '',
      timeNano: '',
      type,
      action,
      id: isContainer || type === 'network' ? idOf(name) : name,
      scope: 'local',
      ...(isDeath && { exit: { code: exitCode, oomKilled: false, verified: true } }),
      ...given,
      attributes: {
        ...(isDeath && { exitCode: String(exitCode) }),
        ...(isContainer && { image }),
        name,
        ...attributes,
      },
    },
    time,
  );
}

export interface ContainerStatsFields
  extends OfContainer, Partial<Pick<ContainerStats, 'host' | 'simulated' | 'engine' | 'time'>> {
  readonly labels?: ContainerInfo['labels'];
  /** CPU time used since its start. Default 1: rates come out of two readings. */
  readonly cpuSeconds?: number;
  /** In use. Default 64 MiB. */
  readonly memoryBytes?: number;
  /** Fields of the engine's own figures. */
  readonly stats?: Partial<StatsBody>;
}

/**
 * A reading as `dockerStats` emits it: of an engine on cgroup v2, the container's first, without a limit.
 *
 * @example containerStats({ name: 'web', memoryBytes: 512 * 1024 * 1024 })
 */
export function containerStats(fields: ContainerStatsFields = {}): ContainerStats {
  const { time, cpuSeconds = 1, memoryBytes = 64 * MiB, stats, host = HOST, engine = 'docker' } = fields;
  const container = containerOf(fields);
  const body = { ...figuresOf(container, cpuSeconds * 1e9, memoryBytes), ...stats };
  const mark = fields.simulated && { simulated: fields.simulated };
  return dated({ kind: 'container-stats', host, ...mark, engine, time: '', container, stats: body }, time);
}

export interface LogLineFields extends OfContainer, Partial<Omit<LogLine, 'kind' | 'container'>> {
  readonly labels?: ContainerInfo['labels'];
}

/**
 * A line as `dockerLogs` emits it, by default an empty one on stdout.
 *
 * @example logLine({ name: 'web', text: 'ready', stream: 'stderr' })
 */
export function logLine(fields: LogLineFields = {}): LogLine {
  const { name, image, labels, time, ...given } = fields;
  const container = containerOf({ name, image, labels });
  return dated(
    { kind: 'log-line', host: HOST, time: '', container, stream: 'stdout', text: '', ...given },
    time,
  );
}

export interface ContainerFactsFields
  extends OfContainer, Partial<Omit<ContainerFacts, 'kind' | 'container' | 'limits'>> {
  readonly labels?: ContainerInfo['labels'];
  readonly limits?: Partial<ContainerFacts['limits']>;
}

/**
 * Facts as `dockerContainers` emits them, by default of a container that runs, without limits or a health check.
 *
 * @example containerFacts({ name: 'web', health: 'unhealthy' })
 */
export function containerFacts(fields: ContainerFactsFields = {}): ContainerFacts {
  const { name, image, labels, time, limits, ...given } = fields;
  const container = containerOf({ name, image, labels });
  return dated(
    {
      kind: 'container-facts',
      host: HOST,
      engine: 'docker',
      time: '',
      container,
      state: 'running',
      health: 'none',
      createdAt: CREATED,
      startedAt: CREATED,
      oomKilled: false,
      restartCount: 0,
      cgroup: `/docker/${container.id}`,
      limits: { ...NO_LIMITS, ...limits },
      ...given,
    },
    time,
  );
}

const MiB = 1024 ** 2;
const HOST = 'engine-1';
const IMAGE = 'busybox:1.37';
const CREATED = '2025-12-31T23:00:00.000000000Z';
const NO_LIMITS = {
  cpuPeriod: 100_000,
  cpuQuota: 0,
  cpuShares: 1_024,
  memory: 0,
  memoryReservation: 0,
  memorySwap: 0,
  pids: 0,
};

const idOf = (name: string): string => createHash('sha256').update(name).digest('hex');

function containerOf({
  name = 'web',
  image = IMAGE,
  labels = {},
}: {
  readonly name?: string | undefined;
  readonly image?: string | undefined;
  readonly labels?: ContainerInfo['labels'] | undefined;
}): ContainerInfo {
  return { id: idOf(name), name, image, imageId: `sha256:${idOf(image)}`, labels };
}

/** As Docker 28 writes them on cgroup v2. */
function figuresOf({ id, name }: ContainerInfo, cpuNanoseconds: number, memoryBytes: number): StatsBody {
  const cpu = (nanoseconds: number): StatsBody['cpu_stats'] => ({
    cpu_usage: {
      total_usage: nanoseconds,
      usage_in_kernelmode: 0,
      usage_in_usermode: nanoseconds,
    },
    throttling_data: { periods: 0, throttled_periods: 0, throttled_time: 0 },
  });
  return {
    id,
    name: `/${name}`,
    read: '',
    preread: '0001-01-01T00:00:00Z',
    pids_stats: { current: 1, limit: 2 ** 64 },
    blkio_stats: { io_service_bytes_recursive: null },
    num_procs: 0,
    storage_stats: {},
    cpu_stats: { ...cpu(cpuNanoseconds), system_cpu_usage: 1e12, online_cpus: 2 },
    precpu_stats: cpu(0),
    memory_stats: {
      usage: memoryBytes,
      stats: { anon: memoryBytes, file: 0, inactive_file: 0 },
      limit: 4096 * MiB,
    },
    networks: {
      eth0: {
        rx_bytes: 0,
        rx_packets: 0,
        rx_errors: 0,
        rx_dropped: 0,
        tx_bytes: 0,
        tx_packets: 0,
        tx_errors: 0,
        tx_dropped: 0,
      },
    },
  };
}
