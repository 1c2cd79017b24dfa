import type { MemoryStats } from '../../records/container-stats.ts';
import { isLimit } from '../../records/stats-figures.ts';
import type { StatsFields } from './flat-stats.ts';

type Figures = Readonly<Record<string, number>>;

/** `memory_limit`, `memory_usage`, the fifteen the ancestor had, then what other engines, kernels and platforms add. */
export function addMemory(fields: StatsFields, memory: MemoryStats): void {
  const { stats } = memory;
  if (memory.limit !== undefined) fields.memory_limit = memory.limit;
  if (memory.usage !== undefined) fields.memory_usage = memory.usage;
  if (stats !== undefined) addStat(fields, stats);
  if (memory.max_usage !== undefined) fields.memory_max_usage = memory.max_usage;
  if (memory.failcnt !== undefined) fields.memory_failcnt = memory.failcnt;
  if (memory.commitbytes !== undefined) fields.memory_commitbytes = memory.commitbytes;
  if (memory.commitpeakbytes !== undefined) fields.memory_commitpeakbytes = memory.commitpeakbytes;
  if (memory.privateworkingset !== undefined) fields.memory_privateworkingset = memory.privateworkingset;
}

/** Of cgroup v1 and v2, by the key that only one of them has. */
function addStat(fields: StatsFields, stats: Figures): void {
  const isVersion2 = stats['anon'] !== undefined;
  if (isVersion2) addVersion2(fields, stats);
  else addVersion1(fields, stats);
  const known = isVersion2 ? VERSION_2 : VERSION_1;
  for (const key in stats) if (!known.has(key)) addOther(fields, stats, key);
}

/** Names are written out here and below: objects made by computed ones cost several times as much. */
function addVersion1(fields: StatsFields, stats: Figures): void {
  let value = stats['total_active_anon'] ?? stats['active_anon'];
  if (value !== undefined) fields.memory_active_anon = value;
  value = stats['total_active_file'] ?? stats['active_file'];
  if (value !== undefined) fields.memory_active_file = value;
  value = stats['total_cache'] ?? stats['cache'];
  if (value !== undefined) fields.memory_cache = value;
  value = stats['total_inactive_anon'] ?? stats['inactive_anon'];
  if (value !== undefined) fields.memory_inactive_anon = value;
  value = stats['total_inactive_file'] ?? stats['inactive_file'];
  if (value !== undefined) fields.memory_inactive_file = value;
  value = stats['total_mapped_file'] ?? stats['mapped_file'];
  if (value !== undefined) fields.memory_mapped_file = value;
  value = stats['total_pgfault'] ?? stats['pgfault'];
  if (value !== undefined) fields.memory_pgfault = value;
  value = stats['total_pgmajfault'] ?? stats['pgmajfault'];
  if (value !== undefined) fields.memory_pgmajfault = value;
  value = stats['total_pgpgin'] ?? stats['pgpgin'];
  if (value !== undefined) fields.memory_pgpgin = value;
  value = stats['total_pgpgout'] ?? stats['pgpgout'];
  if (value !== undefined) fields.memory_pgpgout = value;
  value = stats['total_rss'] ?? stats['rss'];
  if (value !== undefined) fields.memory_rss = value;
  value = stats['total_rss_huge'] ?? stats['rss_huge'];
  if (value !== undefined) fields.memory_rss_huge = value;
  value = stats['total_swap'] ?? stats['swap'];
  if (value !== undefined) fields.memory_swap = value;
  value = stats['total_unevictable'] ?? stats['unevictable'];
  if (value !== undefined) fields.memory_unevictable = value;
  value = stats['total_writeback'] ?? stats['writeback'];
  if (value !== undefined) fields.memory_writeback = value;
  value = stats['total_dirty'] ?? stats['dirty'];
  if (value !== undefined) fields.memory_dirty = value;
  value = stats['hierarchical_memory_limit'];
  if (value !== undefined && isLimit(value)) fields.memory_hierarchical_memory_limit = value;
  value = stats['hierarchical_memsw_limit'];
  if (value !== undefined && isLimit(value)) fields.memory_hierarchical_memsw_limit = value;
}

function addVersion2(fields: StatsFields, stats: Figures): void {
  if (stats['active_anon'] !== undefined) fields.memory_active_anon = stats['active_anon'];
  if (stats['active_file'] !== undefined) fields.memory_active_file = stats['active_file'];
  if (stats['inactive_anon'] !== undefined) fields.memory_inactive_anon = stats['inactive_anon'];
  if (stats['inactive_file'] !== undefined) fields.memory_inactive_file = stats['inactive_file'];
  if (stats['pgfault'] !== undefined) fields.memory_pgfault = stats['pgfault'];
  if (stats['pgmajfault'] !== undefined) fields.memory_pgmajfault = stats['pgmajfault'];
  if (stats['unevictable'] !== undefined) fields.memory_unevictable = stats['unevictable'];
  if (stats['anon'] !== undefined) fields.memory_anon = stats['anon'];
  if (stats['anon_thp'] !== undefined) fields.memory_anon_thp = stats['anon_thp'];
  if (stats['file'] !== undefined) fields.memory_file = stats['file'];
  if (stats['file_dirty'] !== undefined) fields.memory_file_dirty = stats['file_dirty'];
  if (stats['file_mapped'] !== undefined) fields.memory_file_mapped = stats['file_mapped'];
  if (stats['file_writeback'] !== undefined) fields.memory_file_writeback = stats['file_writeback'];
  if (stats['kernel_stack'] !== undefined) fields.memory_kernel_stack = stats['kernel_stack'];
  if (stats['pgactivate'] !== undefined) fields.memory_pgactivate = stats['pgactivate'];
  if (stats['pgdeactivate'] !== undefined) fields.memory_pgdeactivate = stats['pgdeactivate'];
  if (stats['pglazyfree'] !== undefined) fields.memory_pglazyfree = stats['pglazyfree'];
  if (stats['pglazyfreed'] !== undefined) fields.memory_pglazyfreed = stats['pglazyfreed'];
  if (stats['pgrefill'] !== undefined) fields.memory_pgrefill = stats['pgrefill'];
  if (stats['pgscan'] !== undefined) fields.memory_pgscan = stats['pgscan'];
  if (stats['pgsteal'] !== undefined) fields.memory_pgsteal = stats['pgsteal'];
  if (stats['shmem'] !== undefined) fields.memory_shmem = stats['shmem'];
  if (stats['slab'] !== undefined) fields.memory_slab = stats['slab'];
  if (stats['slab_reclaimable'] !== undefined) fields.memory_slab_reclaimable = stats['slab_reclaimable'];
  if (stats['slab_unreclaimable'] !== undefined)
    fields.memory_slab_unreclaimable = stats['slab_unreclaimable'];
  if (stats['sock'] !== undefined) fields.memory_sock = stats['sock'];
  if (stats['thp_collapse_alloc'] !== undefined)
    fields.memory_thp_collapse_alloc = stats['thp_collapse_alloc'];
  if (stats['thp_fault_alloc'] !== undefined) fields.memory_thp_fault_alloc = stats['thp_fault_alloc'];
  if (stats['workingset_activate'] !== undefined)
    fields.memory_workingset_activate = stats['workingset_activate'];
  if (stats['workingset_nodereclaim'] !== undefined)
    fields.memory_workingset_nodereclaim = stats['workingset_nodereclaim'];
  if (stats['workingset_refault'] !== undefined)
    fields.memory_workingset_refault = stats['workingset_refault'];
}

/** What no list names: keys of other kernels. A total is preferred here too. */
function addOther(fields: StatsFields, stats: Figures, key: string): void {
  const plain = key.startsWith('total_') ? key.slice('total_'.length) : key;
  fields[`memory_${plain}`] = stats[`total_${plain}`] ?? stats[key]!;
}

const WITH_TOTAL = [
  'active_anon',
  'active_file',
  'cache',
  'inactive_anon',
  'inactive_file',
  'mapped_file',
  'pgfault',
  'pgmajfault',
  'pgpgin',
  'pgpgout',
  'rss',
  'rss_huge',
  'swap',
  'unevictable',
  'writeback',
  'dirty',
];
const VERSION_1: ReadonlySet<string> = new Set([
  ...WITH_TOTAL.flatMap((key) => [key, `total_${key}`]),
  'hierarchical_memory_limit',
  'hierarchical_memsw_limit',
]);
const VERSION_2: ReadonlySet<string> = new Set([
  'active_anon',
  'active_file',
  'inactive_anon',
  'inactive_file',
  'pgfault',
  'pgmajfault',
  'unevictable',
  'anon',
  'anon_thp',
  'file',
  'file_dirty',
  'file_mapped',
  'file_writeback',
  'kernel_stack',
  'pgactivate',
  'pgdeactivate',
  'pglazyfree',
  'pglazyfreed',
  'pgrefill',
  'pgscan',
  'pgsteal',
  'shmem',
  'slab',
  'slab_reclaimable',
  'slab_unreclaimable',
  'sock',
  'thp_collapse_alloc',
  'thp_fault_alloc',
  'workingset_activate',
  'workingset_nodereclaim',
  'workingset_refault',
]);
