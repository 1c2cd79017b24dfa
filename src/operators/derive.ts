import { defer, map, type Observable, type OperatorFunction } from 'rxjs';
import { isReading } from '../records/container-records.ts';
import type { ContainerStats } from '../records/container-stats.ts';
import type { DerivedStats } from '../records/derived-stats.ts';
import { derivedOf, totalsOf, type Totals } from '../records/stats-rates.ts';
import { checkOptions, whole } from '../core/check-options.ts';
import { defineOperator } from '../core/define-operator.ts';
import { recentMap } from './recent-map.ts';

/** Options of {@link derive}. */
export interface DeriveOptions {
  /** Containers whose last reading is remembered; those not seen for longest are forgotten first. Default 10,000. */
  readonly maxContainers?: number;
}

/**
 * Adds rates and shares to each reading: CPU, memory, network, block devices. Other records pass as they are.
 *
 * CPU per cent (100 is one CPU), memory in use and its share of the limit, bytes a second over networks and block
 * devices, pids.
 *
 * Emits {@link DerivedStats}, at once, in order. What is not known is absent: rates of the first reading of a
 * container, and of the first whose counters fell, for it was restarted. Only where Docker sent its own reading
 * before along is there CPU per cent at once.
 * Rates are means between two readings of one container by the times they carry, so polled readings serve as well as
 * streamed ones. Memory is what `docker stats` shows. CPU is by wall-clock time: close to `docker stats`, and right where
 * that is not, on podman and on machines whose clocks drift.
 * Bounds: `maxContainers`; a container forgotten starts anew.
 * Loss: none.
 *
 * @example pipeline('rates', dockerStats(), derive(), ndjsonFile({ path: 'data/rates.ndjson' }))
 */
export function derive<T extends { readonly kind: string } = ContainerStats>(
  options: DeriveOptions = {},
): OperatorFunction<T, Exclude<T, ContainerStats> | DerivedStats> {
  checkOptions('derive', options, { maxContainers: whole });
  const { maxContainers = 10_000 } = options;
  type Derived = Exclude<T, ContainerStats> | DerivedStats;
  return defineOperator(function derive(records: Observable<T>) {
    return defer(() => {
      const latest = recentMap<Totals>(maxContainers);
      return records.pipe(
        map((record): Derived => {
          if (!isReading(record)) return record as Derived;
          const key = `${record.host} ${record.container.id}`;
          const now = totalsOf(record);
          const derived = derivedOf(record, now, latest.get(key));
          latest.set(key, now);
          return { ...record, derived };
        }),
      );
    });
  });
}
