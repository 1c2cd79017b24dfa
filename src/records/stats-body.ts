import { isObject, optionalNumber, requireList, requireNumber, requireNumbers } from './check.ts';
import { requireObject, requireText, wrong, type Loose } from './check.ts';
import type { StatsBody } from './container-stats.ts';
import { mendStats } from './stats-mend.ts';

/**
 * Checks one stats answer of Docker (cgroup v1, v2, Windows, API 1.20 and older) or podman. The object itself
 * comes back, or a copy where something had to be mended: podman's `Id`, absent sections, null for objects.
 * The empty samples engines send of a stopped container pass; {@link isReading} tells them.
 *
 * @throws TypeError naming the field that is wrong, or what the engine said where it answered with an error.
 */
export function parseStatsBody(value: unknown): StatsBody {
  if (!isObject(value)) throw wrong('stats', 'an object', value);
  if (typeof value['read'] !== 'string') throw noRead(value);
  const body = mendStats(value);
  requireText(body, 'preread', '');
  requireNumber(body, 'num_procs', '');
  checkCpu(body['cpu_stats'], 'cpu_stats');
  checkCpu(body['precpu_stats'], 'precpu_stats');
  checkMemory(body['memory_stats']);
  requireNumbers(body['pids_stats'], 'pids_stats');
  requireNumbers(body['storage_stats'], 'storage_stats');
  checkBlkio(body['blkio_stats']);
  if (body['networks'] !== undefined) checkNetworks(body['networks']);
  if (body['network'] !== undefined) checkNetwork(body['network'], 'network');
  return body as unknown as StatsBody;
}

/** False for what engines send of a container that does not run: nothing was read. */
export function isReading(body: StatsBody): boolean {
  return (
    !isYearOne(body.read) &&
    (body.cpu_stats.cpu_usage.total_usage > 0 ||
      body.memory_stats.usage !== undefined ||
      body.memory_stats.commitbytes !== undefined)
  );
}

/** True where the engine had no reading before this one: the first of a stream, and every one-shot answer. */
export function isFirst(body: StatsBody): boolean {
  return isYearOne(body.preread);
}

/** Go's zero time: nothing was read. */
const isYearOne = (time: string): boolean => time.startsWith('0001-');

/** Podman answers 200 with an error for a body; Docker's own errors look alike. */
function noRead(answer: Loose): TypeError {
  const said = answer['message'];
  if (typeof said !== 'string') return wrong('read', 'a string', answer['read']);
  return new TypeError(`the engine answered without a reading: ${said.slice(0, 200)}`);
}

function checkCpu(value: unknown, path: string): void {
  const cpu = requireObject(value, path);
  const usagePath = `${path}.cpu_usage`;
  const usage = requireObject(cpu['cpu_usage'], usagePath);
  requireNumber(usage, 'total_usage', usagePath);
  requireNumber(usage, 'usage_in_kernelmode', usagePath);
  requireNumber(usage, 'usage_in_usermode', usagePath);
  if (usage['percpu_usage'] !== undefined) checkEach(usage['percpu_usage'], `${usagePath}.percpu_usage`);
  optionalNumber(cpu, 'system_cpu_usage', path);
  optionalNumber(cpu, 'online_cpus', path);
  const throttlingPath = `${path}.throttling_data`;
  const throttling = requireObject(cpu['throttling_data'], throttlingPath);
  requireNumber(throttling, 'periods', throttlingPath);
  requireNumber(throttling, 'throttled_periods', throttlingPath);
  requireNumber(throttling, 'throttled_time', throttlingPath);
}

function checkEach(value: unknown, path: string): void {
  for (const each of requireList(value, path)) {
    if (typeof each !== 'number') throw wrong(path, 'a list of numbers', each);
  }
}

function checkMemory(value: unknown): void {
  const memory = requireObject(value, 'memory_stats');
  for (const field in memory) {
    if (field === 'stats') requireNumbers(memory[field], 'memory_stats.stats');
    else requireNumber(memory, field, 'memory_stats');
  }
}

function checkBlkio(value: unknown): void {
  const lists = requireObject(value, 'blkio_stats');
  for (const name in lists) {
    if (lists[name] !== null) checkEntries(lists[name], `blkio_stats.${name}`);
  }
}

function checkEntries(value: unknown, path: string): void {
  for (const entry of requireList(value, path)) {
    const device = requireObject(entry, path);
    requireNumber(device, 'major', path);
    requireNumber(device, 'minor', path);
    requireText(device, 'op', path);
    requireNumber(device, 'value', path);
  }
}

function checkNetworks(value: unknown): void {
  const networks = requireObject(value, 'networks');
  for (const name in networks) checkNetwork(networks[name], `networks.${name}`);
}

function checkNetwork(value: unknown, path: string): void {
  const network = requireObject(value, path);
  for (const field in network) {
    if (!isIdentifier(field)) requireNumber(network, field, path);
  }
}

/** What Windows tells of an interface beside its counters. */
const isIdentifier = (field: string): boolean => field === 'endpoint_id' || field === 'instance_id';
