import { gauge, type ContainerReading, type Row } from '../reading.ts';
import { pidsLimit } from '../../../records/stats-figures.ts';

/** What it may use; 0 is no limit. */
export const spec: readonly Row<ContainerReading>[] = [
  gauge(
    'container_spec_cpu_period',
    'The period of its CPU quota, in microseconds.',
    ({ facts }) => facts.limits.cpuPeriod,
  ),
  gauge(
    'container_spec_cpu_quota',
    'CPU time it may use each period, in microseconds; absent without a limit.',
    ({ facts }) => facts.limits.cpuQuota || undefined,
  ),
  gauge(
    'container_spec_cpu_shares',
    'Its share of the CPUs against those of others.',
    ({ facts }) => facts.limits.cpuShares,
  ),
  gauge(
    'container_spec_memory_limit_bytes',
    'Memory it may use; 0 without a limit.',
    ({ facts }) => facts.limits.memory,
  ),
  gauge(
    'container_spec_memory_reservation_limit_bytes',
    'Memory it is pushed back to when the host has little; 0 without a limit.',
    ({ facts }) => facts.limits.memoryReservation,
  ),
  gauge(
    'container_spec_memory_swap_limit_bytes',
    'Memory and swap together it may use, swap alone on cgroup v2; 0 without a limit.',
    swapLimit,
  ),
  gauge('container_threads_max', 'Threads it may have; 0 without a limit.', ({ stats }) =>
    stats === undefined ? undefined : (pidsLimit(stats.stats) ?? 0),
  ),
];

/** What cAdvisor reads is another file on each: memory.memsw.limit_in_bytes, memory.swap.max. */
function swapLimit({ facts: { limits }, engine }: ContainerReading): number {
  const { memory, memorySwap } = limits;
  return memorySwap > 0 && engine?.cgroupVersion === 2 ? memorySwap - memory : memorySwap;
}
