import type { ContainerStats } from '../../../records/container-stats.ts';
import { memoryUsage, ofMemory, residentMemory, workingSet } from '../figures.ts';
import { counter, gauge, type ContainerReading, type Row, type Values } from '../reading.ts';

const ofStat =
  (...keys: readonly string[]) =>
  (record: ContainerStats): number | undefined =>
    ofMemory(record, ...keys);

export const memory: readonly Row<ContainerStats>[] = [
  gauge('container_memory_usage_bytes', 'Memory in use, with all of its file pages.', memoryUsage),
  gauge(
    'container_memory_working_set_bytes',
    'Memory in use without file pages that were not touched for a while.',
    workingSet,
  ),
  gauge('container_memory_rss', 'Memory of its processes, without files.', residentMemory),
  gauge('container_memory_cache', 'Memory of file pages, tmpfs among them.', ofStat('total_cache', 'file')),
  gauge(
    'container_memory_mapped_file',
    'Memory of files mapped into its processes.',
    ofStat('total_mapped_file', 'file_mapped'),
  ),
  gauge(
    'container_memory_total_active_file_bytes',
    'File pages touched of late.',
    ofStat('total_active_file', 'active_file'),
  ),
  gauge(
    'container_memory_total_inactive_file_bytes',
    'File pages not touched for a while.',
    ofStat('total_inactive_file', 'inactive_file'),
  ),
  gauge(
    'container_memory_file_dirty_bytes',
    'File pages changed, not yet being written to disk.',
    ofStat('total_dirty', 'file_dirty'),
  ),
  gauge(
    'container_memory_file_writeback_bytes',
    'File pages being written to disk.',
    ofStat('total_writeback', 'file_writeback'),
  ),
  counter('container_memory_pgscan_total', 'Pages looked at to free memory.', ofStat('pgscan')),
  counter('container_memory_pgsteal_total', 'Pages taken back to free memory.', ofStat('pgsteal')),
  counter(
    'container_memory_workingset_refault_file_total',
    'File pages read again that had been taken back.',
    ofStat('workingset_refault_file'),
  ),
  counter(
    'container_memory_workingset_refault_anon_total',
    'Pages swapped in again that had been taken back.',
    ofStat('workingset_refault_anon'),
  ),
  counter('container_memory_failures_total', 'Page faults, all and those that had to read.', failures),
];

export const memoryPeaks: readonly Row<ContainerReading>[] = [
  gauge(
    'container_memory_max_usage_bytes',
    'The most memory that was in use.',
    ({ stats }) => stats?.stats.memory_stats.max_usage,
  ),
  // cAdvisor calls it a counter; one has to end in _total.
  gauge('container_memory_failcnt', 'How often it came to its memory limit.', ({ stats }) => {
    const { max_usage, failcnt } = stats?.stats.memory_stats ?? {};
    // Both are cgroup v1's; an engine writes no failcnt of 0.
    return max_usage === undefined ? undefined : (failcnt ?? 0);
  }),
];

/** Of the container alone, and with its children: cgroup v2 does not tell them apart. */
function failures(record: ContainerStats): Values {
  return ['pgfault', 'pgmajfault'].flatMap((type) => {
    const own = ofMemory(record, type);
    if (own === undefined) return [];
    const all = ofMemory(record, `total_${type}`) ?? own;
    return [
      [{ failure_type: type, scope: 'container' }, own] as const,
      [{ failure_type: type, scope: 'hierarchy' }, all] as const,
    ];
  });
}
