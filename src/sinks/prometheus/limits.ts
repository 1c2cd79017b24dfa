import type { Family } from './family.ts';

/** What limits and failures cost, by metric. */
export interface LimitCounts {
  readonly limited: Map<string, number>;
  readonly cut: Map<string, number>;
  readonly failed: Map<string, number>;
}

const SHOWN = [
  {
    of: 'limited',
    name: 'dockrx_series_limited_total',
    help: 'Records counted under __other__, and readings not kept, for the metric has as many series as it may.',
  },
  { of: 'cut', name: 'dockrx_labels_cut_total', help: 'Label values that were cut for being too long.' },
  {
    of: 'failed',
    name: 'dockrx_metric_failures_total',
    help: 'Records and readings that a metric could not read.',
  },
] as const;

export const limitCounts = (): LimitCounts => ({ limited: new Map(), cut: new Map(), failed: new Map() });

/** As metrics, of all who count. Their names are those of metrics, and need no escaping. */
export function limitFamilies(all: Iterable<LimitCounts>): readonly Family[] {
  return SHOWN.map(({ of, name, help }) => ({
    name,
    help,
    type: 'counter',
    series: () =>
      [...all].flatMap((counts) =>
        [...counts[of]].map(([metric, value]) => ({ labels: `metric="${metric}"`, value })),
      ),
  }));
}

export function tally(counts: Map<string, number>, metric: string): void {
  counts.set(metric, (counts.get(metric) ?? 0) + 1);
}
