import type { ContainerStats, CpuStats } from '../../../records/container-stats.ts';
import { cpuSeconds, cpuSecondsByMode } from '../figures.ts';
import { counter, type ContainerReading, type Row, type Values } from '../reading.ts';

export const cpu: readonly Row<ContainerStats>[] = [
  counter('container_cpu_usage_seconds_total', 'CPU time used.', byCpu),
  counter(
    'container_cpu_user_seconds_total',
    'CPU time used outside of the kernel.',
    (stats) => cpuSecondsByMode(stats).user,
  ),
  counter(
    'container_cpu_system_seconds_total',
    'CPU time used in the kernel.',
    (stats) => cpuSecondsByMode(stats).system,
  ),
];

/** Only of containers with a quota, as cAdvisor has them. */
export const throttling: readonly Row<ContainerReading>[] = [
  counter(
    'container_cpu_cfs_periods_total',
    'Periods of its CPU quota in which it had something to do.',
    (reading) => throttlingOf(reading)?.periods,
  ),
  counter(
    'container_cpu_cfs_throttled_periods_total',
    'Periods in which it was held up, for it had used its quota.',
    (reading) => throttlingOf(reading)?.throttled_periods,
  ),
  counter(
    'container_cpu_cfs_throttled_seconds_total',
    'How long it was held up by its CPU quota.',
    (reading) => {
      const nanoseconds = throttlingOf(reading)?.throttled_time;
      return nanoseconds === undefined ? undefined : nanoseconds / 1e9;
    },
  ),
];

const throttlingOf = ({ facts, stats }: ContainerReading): CpuStats['throttling_data'] | undefined =>
  facts.limits.cpuQuota > 0 ? stats?.stats.cpu_stats.throttling_data : undefined;

/** By CPU where the kernel counts so, which is cgroup v1; those never used are left out, as cAdvisor does. */
function byCpu(record: ContainerStats): Values {
  const { percpu_usage: each = [] } = record.stats.cpu_stats.cpu_usage;
  if (each.length === 0) return [[{ cpu: 'total' }, cpuSeconds(record)]];
  return each.flatMap((nanoseconds, i) =>
    nanoseconds > 0 ? [[{ cpu: `cpu${String(i).padStart(2, '0')}` }, nanoseconds / 1e9] as const] : [],
  );
}
