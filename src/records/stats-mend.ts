import { isObject, type Loose } from './check.ts';

/**
 * A stats answer with what engines leave out or write differently put right, or the object itself where nothing
 * is: podman's `Id`, absent sections, null for objects and lists of numbers.
 */
export function mendStats(body: Loose): Loose {
  return isWhole(body) ? body : mended(body);
}

/** When the reading before was taken, if there was none: Go's zero time. */
const YEAR_ONE = '0001-01-01T00:00:00Z';

function isWhole(body: Loose): boolean {
  return (
    body['Id'] === undefined &&
    body['preread'] !== undefined &&
    body['num_procs'] !== undefined &&
    isThere(body['pids_stats']) &&
    isThere(body['blkio_stats']) &&
    isThere(body['storage_stats']) &&
    isObject(body['memory_stats']) &&
    body['memory_stats']['stats'] !== null &&
    isWholeCpu(body['cpu_stats']) &&
    isWholeCpu(body['precpu_stats']) &&
    body['networks'] !== null &&
    body['network'] !== null
  );
}

const isThere = (value: unknown): boolean => value !== undefined && value !== null;

function isWholeCpu(cpu: unknown): boolean {
  return (
    isObject(cpu) &&
    isObject(cpu['cpu_usage']) &&
    cpu['cpu_usage']['percpu_usage'] !== null &&
    isThere(cpu['throttling_data'])
  );
}

function mended({ Id, ...body }: Loose): Loose {
  return {
    ...withoutNull(body, 'networks', 'network'),
    ...(Id === undefined ? {} : { id: Id }),
    preread: body['preread'] ?? YEAR_ONE,
    num_procs: body['num_procs'] ?? 0,
    pids_stats: body['pids_stats'] ?? {},
    blkio_stats: body['blkio_stats'] ?? {},
    storage_stats: body['storage_stats'] ?? {},
    memory_stats: withoutNull(body['memory_stats'] ?? {}, 'stats'),
    cpu_stats: mendedCpu(body['cpu_stats'] ?? {}),
    precpu_stats: mendedCpu(body['precpu_stats'] ?? {}),
  };
}

function mendedCpu(cpu: unknown): unknown {
  if (!isObject(cpu)) return cpu;
  const usage = cpu['cpu_usage'] ?? { total_usage: 0, usage_in_kernelmode: 0, usage_in_usermode: 0 };
  return {
    ...cpu,
    cpu_usage: withoutNull(usage, 'percpu_usage'),
    throttling_data: cpu['throttling_data'] ?? { periods: 0, throttled_periods: 0, throttled_time: 0 },
  };
}

/** Without those of the fields that are null. What is no object is left for the checks to name. */
function withoutNull(value: unknown, ...fields: readonly string[]): Loose {
  if (!isObject(value)) return value as Loose;
  return Object.fromEntries(
    Object.entries(value).filter(([field, held]) => held !== null || !fields.includes(field)),
  );
}
