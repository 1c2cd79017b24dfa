import type { ContainerStats } from '../../records/container-stats.ts';
import type { Labels } from '../../records/labels.ts';
import type { Row, Values } from './reading.ts';

/**
 * The sum over all containers. Gauges are those of the containers that run. Counters count from when the first was read,
 * containers that have ended since included: so they never fall when one ends, nor leap when one is found.
 */
export interface Sum {
  readonly read: (stats: ContainerStats, fromZero: boolean) => void;
  readonly ended: (id: string) => void;
  readonly valueOf: (row: Row<ContainerStats>) => Values;
}

interface Summand {
  newest: ContainerStats;
  /** What it had used before we looked. */
  readonly before: ContainerStats | undefined;
}

/** Values by their labels. */
type Totals = Map<string, { readonly labels: Labels; value: number }>;

export function sumOf(rows: readonly Row<ContainerStats>[]): Sum {
  const summands = new Map<string, Summand>();
  const ofEnded = new Map<Row<ContainerStats>, Totals>(
    rows.filter(({ type }) => type === 'counter').map((row) => [row, new Map()]),
  );
  const bank = ({ newest, before }: Summand): void => {
    for (const [row, totals] of ofEnded) addUsed(totals, row, newest, before);
  };
  return {
    read(stats, fromZero) {
      const { id } = stats.container;
      const known = summands.get(id);
      if (known === undefined) {
        summands.set(id, { newest: stats, before: fromZero ? undefined : stats });
      } else if (isRestart(known.newest, stats)) {
        bank(known);
        summands.set(id, { newest: stats, before: undefined });
      } else known.newest = stats;
    },
    ended(id) {
      const known = summands.get(id);
      summands.delete(id);
      if (known !== undefined) bank(known);
    },
    valueOf(row) {
      const totals: Totals = new Map();
      for (const [key, { labels, value }] of ofEnded.get(row) ?? []) totals.set(key, { labels, value });
      for (const { newest, before } of summands.values())
        addUsed(totals, row, newest, row.type === 'counter' ? before : undefined);
      return [...totals.values()].map(({ labels, value }) => [labels, value]);
    },
  };
}

/** Adds what a container used since `before`. */
function addUsed(
  totals: Totals,
  { read }: Row<ContainerStats>,
  newest: ContainerStats,
  before: ContainerStats | undefined,
): void {
  const had = new Map(
    before === undefined ? [] : listed(read(before)).map(([labels, value]) => [keyOf(labels), value]),
  );
  for (const [labels, value] of listed(read(newest))) {
    const key = keyOf(labels);
    const used = Math.max(0, value - (had.get(key) ?? 0));
    const total = totals.get(key);
    if (total === undefined) totals.set(key, { labels, value: used });
    else total.value += used;
  }
}

const listed = (values: Values): readonly (readonly [Labels, number])[] =>
  values === undefined ? [] : typeof values === 'number' ? [[{}, values]] : values;

const keyOf = (labels: Labels): string => JSON.stringify(labels);

/** The end of the run before was not told, or is yet to be. */
const isRestart = (before: ContainerStats, now: ContainerStats): boolean =>
  now.stats.cpu_stats.cpu_usage.total_usage < before.stats.cpu_stats.cpu_usage.total_usage;
