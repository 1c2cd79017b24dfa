import { map, type OperatorFunction } from 'rxjs';
import { defineOperator } from '../core/define-operator.ts';
import type { ContainerStats, StatsBody } from '../records/container-stats.ts';
import type { Derived } from '../records/derived-stats.ts';
import { pidsLimit } from '../records/stats-figures.ts';
import { addBlkio } from './stats-fields/blkio.ts';
import { addCpu } from './stats-fields/cpu.ts';
import { addDerived } from './stats-fields/derived.ts';
import type { FlatStats, StatsFields } from './stats-fields/flat-stats.ts';
import { addMemory } from './stats-fields/memory.ts';
import { addNetwork } from './stats-fields/network.ts';

export type { FlatStats } from './stats-fields/flat-stats.ts';

/**
 * Makes readings flat: `cpu_total_usage`, `memory_usage`, `network_rx_bytes` and so on.
 *
 * These are the field names of this project's ancestor, mesoscloud/events 0.2, and the same style for what it did not
 * know: cgroup v2, several networks, throttling, pids, Windows, and what `derive` adds.
 *
 * Emits one {@link FlatStats} a reading, at once, in order. A figure the engine does not give is absent, never zero.
 * Left out: the counters of single block devices (summed), the reading before (`precpu_stats`), limits that are none,
 * endpoint ids of Windows, podman's own `cpu` per cent.
 *
 * @example pipeline('stats', dockerStats(), derive(), flattenStats(), ndjsonFile({ path: 'data/stats.ndjson' }))
 */
export function flattenStats(): OperatorFunction<ContainerStats & { readonly derived?: Derived }, FlatStats> {
  return defineOperator(function flattenStats(records) {
    return records.pipe(map(flatStats));
  });
}

export function flatStats(record: ContainerStats & { readonly derived?: Derived }): FlatStats {
  const { container, stats, derived } = record;
  const fields = {
    '@timestamp': record.time,
    container: container.name,
    container_id: container.id,
    image: container.image,
    image_id: container.imageId,
    host: record.host,
  } as StatsFields;
  if (record.simulated === true) fields.simulated = true;
  for (const label in container.labels) fields[`label_${label}`] = container.labels[label]!;
  addBlkio(fields, stats);
  addCpu(fields, stats);
  addMemory(fields, stats.memory_stats);
  addNetwork(fields, stats);
  addPids(fields, stats);
  if (stats.num_procs > 0) addStorage(fields, stats);
  if (derived !== undefined) addDerived(fields, derived);
  return fields;
}

function addPids(fields: StatsFields, stats: StatsBody): void {
  const { current } = stats.pids_stats;
  const limit = pidsLimit(stats);
  if (current !== undefined) fields.pids_current = current;
  if (limit !== undefined) fields.pids_limit = limit;
}

function addStorage(fields: StatsFields, { storage_stats: storage }: StatsBody): void {
  for (const key in storage) fields[`storage_${key}`] = storage[key]!;
}
