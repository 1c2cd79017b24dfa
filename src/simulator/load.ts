import { noise } from './random.ts';
import type { Container, Counters } from './types.ts';

/** The simulated host. */
export const onlineCpus = 4;
export const hostMemoryBytes: number = 16 * 1024 ** 3;
const page = 4096;
const periodsPerSecond = 10;

export const emptyCounters = (atNano: bigint, interfaces: number): Counters => ({
  atNano,
  perCpuNs: Array.from({ length: onlineCpus }, () => 0),
  periods: 0,
  throttledPeriods: 0,
  throttledNs: 0,
  anon: 0,
  file: 0,
  maxUsage: 0,
  pgfault: 0,
  rx: Array.from({ length: interfaces }, () => 0),
  tx: Array.from({ length: interfaces }, () => 0),
  readBytes: 0,
  writeBytes: 0,
  pids: 0,
});

/**
 * How busy a container is at a moment of its life, 1 on the mean, in [0.1, 1.9]: a slow wave of minutes and a
 * quick noise of seconds. Depends on nothing but its arguments, so the same seed gives the same course.
 */
export function activity(seed: number, uptimeSeconds: number): number {
  const periodSeconds = 120 + (seed % 480);
  const phase = (seed % 6283) / 1000;
  const wave = Math.sin((2 * Math.PI * uptimeSeconds) / periodSeconds + phase);
  return 1 + 0.5 * wave + 0.4 * noise(seed, Math.floor(uptimeSeconds));
}

const pages = (bytes: number): number => Math.floor(bytes / page) * page;

/** Kernel memory the cgroup is charged with beside its pages. */
export const kernelBytes = (pids: number): number => pids * 16384 + 65536;

/**
 * Carries the counters on to `nano`; paused and stopped containers use nothing. Counters are fractions and made
 * whole when they are shown, so that short steps lose nothing.
 */
export function advance(container: Container, nano: bigint): void {
  const { counters, spec, seed } = container;
  const seconds = Number(nano - counters.atNano) / 1e9;
  if (seconds <= 0) return;
  counters.atNano = nano;
  if (container.state !== 'running') return;
  const uptime = Number(nano - container.startedNano) / 1e9;
  const busy = activity(seed, uptime);
  addCpu(counters, spec.load.cpu * busy, spec.cpus, seconds, seed);
  addTraffic(counters, container, seconds * busy);
  setMemory(counters, container, uptime, busy);
  counters.pids = Math.max(1, Math.round(spec.load.pids * (0.9 + 0.1 * busy)));
  if (spec.pidsLimit > 0) counters.pids = Math.min(counters.pids, spec.pidsLimit);
}

function addCpu(counters: Counters, demand: number, limit: number, seconds: number, seed: number): void {
  const granted = Math.min(demand, limit > 0 ? limit : onlineCpus, onlineCpus);
  const share = (granted * seconds * 1e9) / (onlineCpus + 1);
  for (let cpu = 0; cpu < onlineCpus; cpu++) counters.perCpuNs[cpu]! += share;
  counters.perCpuNs[seed % onlineCpus]! += share;
  if (limit === 0) return;
  counters.periods += seconds * periodsPerSecond;
  if (demand <= limit) return;
  counters.throttledPeriods += seconds * periodsPerSecond;
  counters.throttledNs += (demand - limit) * seconds * 1e9;
}

function addTraffic(counters: Counters, { spec: { load } }: Container, weight: number): void {
  for (let i = 0; i < counters.rx.length; i++) {
    counters.rx[i]! += (load.rxBytesPerSecond * weight) / (i + 1);
    counters.tx[i]! += (load.txBytesPerSecond * weight) / (i + 1);
  }
  counters.readBytes += load.readBytesPerSecond * weight;
  counters.writeBytes += load.writeBytesPerSecond * weight;
}

function setMemory(counters: Counters, container: Container, uptime: number, busy: number): void {
  const { load, memoryLimitBytes } = container.spec;
  const room = (memoryLimitBytes > 0 ? memoryLimitBytes : hostMemoryBytes) - kernelBytes(load.pids);
  const warm = Math.min(1, 0.3 + uptime / 20);
  const anon = pages(load.anonBytes * warm * (0.85 + 0.15 * busy) + container.pressureBytes);
  counters.pgfault += Math.max(1, Math.round(busy * 50 + Math.max(0, anon - counters.anon) / page));
  counters.anon = Math.min(anon, pages(room));
  const cached = pages(
    Math.min(load.cacheBytes, load.cacheBytes * 0.1 + counters.readBytes + counters.writeBytes),
  );
  counters.file = Math.max(0, Math.min(cached, pages(room - counters.anon)));
  counters.maxUsage = Math.max(counters.maxUsage, usageOf(counters));
}

export const usageOf = ({ anon, file, pids }: Counters): number => anon + file + kernelBytes(pids);
