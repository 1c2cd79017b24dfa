import type { ContainerFacts } from '../../../src/records/container-facts.ts';
import type { Derived, DerivedStats } from '../../../src/records/derived-stats.ts';
import type { DockerEvent } from '../../../src/records/docker-event.ts';
import type { EngineInfo } from '../../../src/records/engine-info.ts';
import type { Row } from '../../../src/sinks/top/rows.ts';

export const NOW = Date.parse('2026-11-22T12:00:00Z');
export const at = (secondsAgo: number): string => new Date(NOW - secondsAgo * 1_000).toISOString();
const idOf = (name: string): string => Buffer.from(name).toString('hex').padEnd(64, '0').slice(0, 64);

export const facts = (name: string, more: Partial<ContainerFacts> = {}): ContainerFacts => ({
  ...{ kind: 'container-facts', host: 'vm', engine: 'docker', time: at(1), state: 'running', health: 'none' },
  container: { id: idOf(name), name, image: 'registry.example.com/shop/api:2', imageId: '', labels: {} },
  ...{ startedAt: at(65), oomKilled: false, restartCount: 0, cgroup: '' },
  limits: {
    ...{ cpuPeriod: 100_000, cpuQuota: 0, cpuShares: 1024 },
    ...{ memory: 0, memoryReservation: 0, memorySwap: 0, pids: 0 },
  },
  ...more,
});

export const reading = (name: string, derived?: Derived, secondsAgo = 1): DerivedStats =>
  ({
    ...{ kind: 'container-stats', host: 'vm', engine: 'docker', time: at(secondsAgo) },
    container: facts(name).container,
    stats: { memory_stats: { usage: 2_048, limit: 4_096 }, pids_stats: { current: 3 } },
    ...(derived && { derived }),
  }) as unknown as DerivedStats;

export const event = (action: string, attributes: Record<string, string> = {}, more = {}): DockerEvent => ({
  ...{
    kind: 'docker-event',
    host: 'vm',
    time: at(5),
    timeNano: '0',
    type: 'container',
    action,
    scope: 'local',
  },
  id: idOf('web'),
  attributes: { name: 'web', image: 'shop/api:2', ...attributes },
  ...more,
});

export const info = (running: number): EngineInfo => ({
  ...{
    kind: 'engine-info',
    host: 'vm',
    engine: 'docker',
    time: at(1),
    version: '28.5.2',
    kernel: '',
    os: '',
  },
  ...{ cgroupDriver: '', cgroupVersion: 2, storageDriver: '', cpus: 4, memoryBytes: 2 ** 34, images: 1 },
  containers: { running, paused: 0, stopped: 0 },
});

export const row = (name: string, more: Partial<Row> = {}): Row => ({
  ...{ id: idOf(name), host: 'vm', name, image: 'shop/api:2', project: 'shop', service: 'api' },
  ...{ state: 'running', health: 'none', startedMs: NOW - 65_000, exitCode: undefined, restarts: 0 },
  ...{ isOomKilled: false, isCrashLooping: false, now: {}, memoryLimit: undefined, isLimited: false },
  ...more,
});
