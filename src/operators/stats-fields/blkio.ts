import type { BlkioEntry, StatsBody } from '../../records/container-stats.ts';
import type { StatsFields } from './flat-stats.ts';

/** `blkio_<list>_<op>`, summed over devices: the ancestor let the last one win. */
export function addBlkio(fields: StatsFields, { blkio_stats: lists }: StatsBody): void {
  for (const list in lists) {
    const entries = lists[list];
    if (entries === undefined || entries === null || entries.length === 0) continue;
    const sums = sumOf(entries);
    if (list === 'io_service_bytes_recursive') addServiceBytes(fields, sums);
    else if (list === 'io_serviced_recursive') addServiced(fields, sums);
    else for (const op in sums) fields[`blkio_${list}_${op}`] = sums[op]!;
  }
}

type Sums = Record<string, number>;

/** The two lists that are in use have their names written out, for computed ones cost several times as much. */
function addServiceBytes(fields: StatsFields, sums: Sums): void {
  if (sums['read'] !== undefined) fields.blkio_io_service_bytes_recursive_read = sums['read'];
  if (sums['write'] !== undefined) fields.blkio_io_service_bytes_recursive_write = sums['write'];
  if (sums['sync'] !== undefined) fields.blkio_io_service_bytes_recursive_sync = sums['sync'];
  if (sums['async'] !== undefined) fields.blkio_io_service_bytes_recursive_async = sums['async'];
  if (sums['discard'] !== undefined) fields.blkio_io_service_bytes_recursive_discard = sums['discard'];
  if (sums['total'] !== undefined) fields.blkio_io_service_bytes_recursive_total = sums['total'];
  for (const op in sums) if (!KNOWN.has(op)) fields[`blkio_io_service_bytes_recursive_${op}`] = sums[op]!;
}

function addServiced(fields: StatsFields, sums: Sums): void {
  if (sums['read'] !== undefined) fields.blkio_io_serviced_recursive_read = sums['read'];
  if (sums['write'] !== undefined) fields.blkio_io_serviced_recursive_write = sums['write'];
  if (sums['sync'] !== undefined) fields.blkio_io_serviced_recursive_sync = sums['sync'];
  if (sums['async'] !== undefined) fields.blkio_io_serviced_recursive_async = sums['async'];
  if (sums['discard'] !== undefined) fields.blkio_io_serviced_recursive_discard = sums['discard'];
  if (sums['total'] !== undefined) fields.blkio_io_serviced_recursive_total = sums['total'];
  for (const op in sums) if (!KNOWN.has(op)) fields[`blkio_io_serviced_recursive_${op}`] = sums[op]!;
}

function sumOf(entries: readonly BlkioEntry[]): Sums {
  const sums: Sums = {};
  for (const { op, value } of entries) {
    const name = LOWER.get(op) ?? op.toLowerCase();
    sums[name] = (sums[name] ?? 0) + value;
  }
  return sums;
}

/** Of cgroup v1, without making a new text each time. */
const LOWER: ReadonlyMap<string, string> = new Map([
  ['Read', 'read'],
  ['Write', 'write'],
  ['Sync', 'sync'],
  ['Async', 'async'],
  ['Discard', 'discard'],
  ['Total', 'total'],
  ['read', 'read'],
  ['write', 'write'],
]);
const KNOWN: ReadonlySet<string> = new Set(['read', 'write', 'sync', 'async', 'discard', 'total']);
