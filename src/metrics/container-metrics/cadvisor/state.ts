import type { ContainerStats } from '../../../records/container-stats.ts';
import { secondsOf } from '../figures.ts';
import { kills } from '../kills.ts';
import { gauge, type ContainerReading, type Row } from '../reading.ts';

export const threads: readonly Row<ContainerStats>[] = [
  gauge('container_threads', 'Threads it has.', ({ stats }) => stats.pids_stats.current),
];

export const state: readonly Row<ContainerReading>[] = [
  gauge('container_creation_time_seconds', 'When it was created, since the epoch.', ({ facts }) =>
    secondsOf(facts.createdAt),
  ),
  gauge(
    'container_health_state',
    'Its health check: 1 healthy, 0 starting or unhealthy, -1 none.',
    ({ facts }) => HEALTH[facts.health],
  ),
];

/** A run may be shorter than a scrape's period: that it was, and how it ended, is to be seen all the same. */
export const traces: readonly Row<ContainerReading>[] = [
  gauge('container_start_time_seconds', 'When it was started last, since the epoch.', ({ facts }) =>
    secondsOf(facts.startedAt),
  ),
  gauge('container_last_seen', 'When it was read last, since the epoch.', ({ lastSeen }) => {
    const seconds = secondsOf(lastSeen);
    return seconds === undefined ? undefined : Math.floor(seconds);
  }),
  kills,
];

const HEALTH = { healthy: 1, starting: 0, unhealthy: 0, none: -1 } as const;
