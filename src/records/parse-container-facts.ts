import { isObject, requireObject, type Loose } from './check.ts';
import type { ContainerFacts, ContainerLimits, ContainerStatus } from './container-facts.ts';
import type { ContainerInfo } from './container-stats.ts';
import { nanoDigitsOf } from './rfc3339.ts';

/** What inspecting tells of a container; the cgroup by its own parent alone. */
export interface Inspected extends Omit<
  ContainerFacts,
  'kind' | 'host' | 'simulated' | 'engine' | 'time' | 'cgroup'
> {
  readonly container: ContainerInfo;
  /** Empty where the engine's default holds. */
  readonly cgroupParent: string;
}

/** Of a `GET /containers/{id}/json` answer, with all its labels. Throws a TypeError when it is none. Truth: Docker Engine API. */
export function inspectedIn(answer: unknown): Inspected {
  const body = requireObject(answer, '');
  const state = requireObject(body['State'], 'State');
  const config = requireObject(body['Config'], 'Config');
  const host = requireObject(body['HostConfig'], 'HostConfig');
  const id = text(body['Id']);
  if (id === '') throw new TypeError('Id: expected a string, found nothing');
  const status = statusIn(state);
  const started = timeIn(state['StartedAt']);
  const hasEnded = status !== 'running' && status !== 'paused' && started !== undefined;
  return {
    container: {
      id,
      name: text(body['Name']).replace(/^\//, '') || id.slice(0, 12),
      image: text(config['Image']) || text(body['Image']) || id,
      imageId: text(body['Image']),
      labels: (isObject(config['Labels']) ? config['Labels'] : {}) as Readonly<Record<string, string>>,
    },
    state: status,
    health: healthIn(state['Health']),
    ...withTime('createdAt', timeIn(body['Created'])),
    ...withTime('startedAt', started),
    ...withTime('finishedAt', timeIn(state['FinishedAt'])),
    ...(hasEnded && typeof state['ExitCode'] === 'number' && { exitCode: state['ExitCode'] }),
    oomKilled: state['OOMKilled'] === true,
    restartCount: number(body['RestartCount']),
    cgroupParent: text(host['CgroupParent']),
    limits: limitsIn(host),
    ...(typeof body['SizeRw'] === 'number' && { writtenBytes: body['SizeRw'] }),
  };
}

const STATES: readonly string[] = [
  'created',
  'running',
  'paused',
  'restarting',
  'removing',
  'exited',
  'dead',
] satisfies ContainerStatus[];

/** Podman has words of its own: `configured`, `initialized`, `stopped`, `stopping`. */
function statusIn(state: Loose): ContainerStatus {
  const status = text(state['Status']);
  if (STATES.includes(status)) return status as ContainerStatus;
  if (state['Running'] === true) return 'running';
  return timeIn(state['StartedAt']) === undefined ? 'created' : 'exited';
}

function healthIn(health: unknown): ContainerFacts['health'] {
  const status = isObject(health) ? health['Status'] : undefined;
  return status === 'starting' || status === 'healthy' || status === 'unhealthy' ? status : 'none';
}

const DEFAULT_PERIOD = 100_000;
const DEFAULT_SHARES = 1_024;

/** `--cpus` is kept as billionths of a CPU, and becomes a quota of the default period. */
function limitsIn(host: Loose): ContainerLimits {
  const nanoCpus = limit(host['NanoCpus']);
  return {
    cpuPeriod: limit(host['CpuPeriod']) || DEFAULT_PERIOD,
    cpuQuota: nanoCpus > 0 ? Math.round((nanoCpus * DEFAULT_PERIOD) / 1e9) : limit(host['CpuQuota']),
    cpuShares: limit(host['CpuShares']) || DEFAULT_SHARES,
    memory: limit(host['Memory']),
    memoryReservation: limit(host['MemoryReservation']),
    memorySwap: limit(host['MemorySwap']),
    pids: limit(host['PidsLimit']),
  };
}

/** -1 and null are no limit, too. */
const limit = (value: unknown): number => Math.max(0, number(value));
const number = (value: unknown): number => (typeof value === 'number' ? value : 0);
const text = (value: unknown): string => (typeof value === 'string' ? value : '');

/** Not Go's zero time. */
const timeIn = (value: unknown): string | undefined =>
  nanoDigitsOf(value) === undefined ? undefined : (value as string);

const withTime = <K extends string>(name: K, time: string | undefined): { readonly [N in K]?: string } =>
  (time === undefined ? {} : { [name]: time }) as { readonly [N in K]?: string };
