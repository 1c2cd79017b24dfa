import type { ContainerStatus } from '../../records/container-facts.ts';
import type { Health } from '../../records/container-records.ts';
import type { Derived } from '../../records/derived-stats.ts';

/** A container as the table shows it; what is not known is absent. */
export interface Row {
  readonly id: string;
  readonly host: string;
  readonly name: string;
  readonly image: string;
  /** Of compose. */
  readonly project: string;
  readonly service: string;
  readonly state: ContainerStatus;
  readonly health: Health;
  readonly startedMs: number | undefined;
  readonly exitCode: number | undefined;
  readonly restarts: number | undefined;
  /** A process of its last run was killed for want of memory. */
  readonly isOomKilled: boolean;
  readonly isCrashLooping: boolean;
  /** The newest reading; empty while it has none. */
  readonly now: Derived;
  /** Bytes; the host's memory where it has no limit of its own. */
  readonly memoryLimit: number | undefined;
  readonly isLimited: boolean;
}

export const isUp = ({ state }: Row): boolean => state === 'running' || state === 'paused';

export type SortKey = 'name' | 'cpu' | 'memory' | 'network' | 'disk' | 'uptime';

export interface Sort {
  readonly by: SortKey;
  /** Against the direction in which it is of interest first: names from A, all else from the largest. */
  readonly reversed: boolean;
}

const sum = (one: number | undefined, other: number | undefined): number | undefined =>
  one === undefined && other === undefined ? undefined : (one ?? 0) + (other ?? 0);

const VALUES: Readonly<Record<Exclude<SortKey, 'name'>, (row: Row) => number | undefined>> = {
  cpu: ({ now }) => now.cpuPercent,
  memory: ({ now }) => now.memoryBytes,
  network: ({ now }) => sum(now.networkRxBytesPerSecond, now.networkTxBytesPerSecond),
  disk: ({ now }) => sum(now.blockReadBytesPerSecond, now.blockWriteBytesPerSecond),
  // An earlier start is a longer uptime.
  uptime: (row) => (isUp(row) && row.startedMs !== undefined ? -row.startedMs : undefined),
};

const { compare: compareNames } = new Intl.Collator('en', { numeric: true });

/** Unknown values come last in either direction; equal ones by name. */
export function sortRows(rows: readonly Row[], { by, reversed }: Sort): readonly Row[] {
  const sign = reversed ? -1 : 1;
  if (by === 'name') return [...rows].sort((one, other) => compareNames(one.name, other.name) * sign);
  const valueOf = VALUES[by];
  return [...rows].sort((one, other) => {
    const [a, b] = [valueOf(one), valueOf(other)];
    if (a === b) return compareNames(one.name, other.name);
    if (a === undefined) return 1;
    return b === undefined ? -1 : (b - a) * sign;
  });
}

/** Rows that have every word: in name, image, project, service, state, health, or at the beginning of the id. */
export function searchRows(rows: readonly Row[], text: string): readonly Row[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return rows;
  return rows.filter((row) => {
    const all = [row.name, row.image, row.project, row.service, row.state, row.health]
      .join('\n')
      .toLowerCase();
    return words.every((word) => all.includes(word) || row.id.startsWith(word));
  });
}
