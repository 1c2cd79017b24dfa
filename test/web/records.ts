import type { ContainerFacts } from '../../src/records/container-facts.ts';
import type { Derived, DerivedStats } from '../../src/records/derived-stats.ts';
import type { DockerEvent } from '../../src/records/docker-event.ts';
import { createStore } from '../../web/src/model/store.ts';
import type { Store } from '../../web/src/model/store.ts';

/** 2026-06-04T12:00:00Z. */
export const NOON = Date.UTC(2026, 5, 4, 12);
export const at = (seconds: number): string => new Date(NOON + seconds * 1_000).toISOString();

type FactsChange = Partial<Omit<ContainerFacts, 'container' | 'limits'>> & {
  readonly labels?: Readonly<Record<string, string>>;
  readonly memory?: number;
};

/** Facts of a container of this name, whose id is `id-of-NAME`. */
export function facts(
  name: string,
  { labels = {}, memory = 0, ...change }: FactsChange = {},
): ContainerFacts {
  return {
    ...{
      kind: 'container-facts',
      host: 'h',
      engine: 'docker',
      time: at(0),
      state: 'running',
      health: 'none',
    },
    container: { id: `id-of-${name}`, name, image: `${name}:1`, imageId: 'sha256:1', labels },
    ...{ oomKilled: false, restartCount: 0, cgroup: '/x' },
    limits: {
      ...{ cpuPeriod: 100_000, cpuQuota: 0, cpuShares: 1024, memory },
      ...{ memoryReservation: 0, memorySwap: 0, pids: 0 },
    },
    ...change,
  };
}

export function reading(name: string, seconds: number, derived: Derived): DerivedStats {
  return {
    ...{ kind: 'container-stats', host: 'h', engine: 'docker', time: at(seconds), derived },
    container: { id: `id-of-${name}`, name, image: `${name}:1`, imageId: 'sha256:1', labels: {} },
  } as unknown as DerivedStats;
}

export function event(
  name: string,
  action: string,
  seconds: number,
  change: Partial<DockerEvent> = {},
): DockerEvent {
  return {
    ...{ kind: 'docker-event', host: 'h', type: 'container', action, scope: 'local' },
    ...{ id: `id-of-${name}`, time: at(seconds), timeNano: `${NOON + seconds * 1_000}000000` },
    attributes: { name, image: `${name}:1` },
    ...change,
  };
}

const compose = (project: string, service: string): Record<string, string> => ({
  'com.docker.compose.project': project,
  'com.docker.compose.service': service,
});

/** Six containers: of two compose projects and of none, running, ended, failed, killed. */
export function storeOfSix(): Store {
  const store = createStore();
  for (const one of [
    facts('web-10', { labels: compose('shop', 'web'), startedAt: at(-60), restartCount: 2 }),
    facts('web-9', { labels: compose('shop', 'web'), startedAt: at(-3600), health: 'unhealthy' }),
    facts('db', { labels: compose('blog', 'db'), startedAt: at(-10), memory: 1000 }),
    facts('done', { state: 'exited', exitCode: 0, startedAt: at(-9) }),
    facts('failed', { state: 'exited', exitCode: 3 }),
    facts('greedy', { state: 'exited', exitCode: 137, oomKilled: true }),
  ])
    store.take(one, NOON);
  const both = { networkRxBytesPerSecond: 10, networkTxBytesPerSecond: 5 };
  store.take(reading('web-10', 0, { cpuPercent: 5, memoryBytes: 300, ...both }), NOON);
  store.take(reading('web-9', 0, { cpuPercent: 50, memoryBytes: 200 }), NOON);
  store.take(reading('db', 0, { memoryBytes: 900, blockReadBytesPerSecond: 7 }), NOON);
  return store;
}
