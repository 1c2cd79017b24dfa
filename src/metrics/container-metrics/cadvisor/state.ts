import type { ContainerStats } from '../../../records/container-stats.ts';
import { isUp } from '../../../records/container-facts.ts';
import { secondsOf } from '../figures.ts';
import { counter, gauge, type ContainerReading, type Row } from '../reading.ts';

export const threads: readonly Row<ContainerStats>[] = [
  gauge('container_threads', 'Threads it has.', ({ stats }) => stats.pids_stats.current),
];

/** The last two go on for a while after its end. */
export const state: readonly Row<ContainerReading>[] = [
  gauge('container_start_time_seconds', 'When it was started last, since the epoch.', ({ facts }) =>
    isUp(facts) ? secondsOf(facts.startedAt) : undefined,
  ),
  gauge('container_creation_time_seconds', 'When it was created, since the epoch.', ({ facts }) =>
    isUp(facts) ? secondsOf(facts.createdAt) : undefined,
  ),
  gauge(
    'container_health_state',
    'Its health check: 1 healthy, 0 starting or unhealthy, -1 none.',
    ({ facts }) => (isUp(facts) ? HEALTH[facts.health] : undefined),
  ),
  gauge('container_last_seen', 'When it was read last, since the epoch.', ({ lastSeen }) => {
    const seconds = secondsOf(lastSeen);
    return seconds === undefined ? undefined : Math.floor(seconds);
  }),
  counter(
    'container_oom_events_total',
    'Times the engine told that a process was killed for want of memory, in all containers of its name.',
    ({ oomEvents }) => oomEvents,
  ),
];

const HEALTH = { healthy: 1, starting: 0, unhealthy: 0, none: -1 } as const;
