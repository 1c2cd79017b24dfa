import type { ContainerStatus } from '../../../src/records/container-facts.ts';
import type { Derived } from '../../../src/records/derived-stats.ts';
import type { History } from './history.ts';

/** A container as the table shows it. */
export interface Row {
  readonly key: string;
  readonly id: string;
  readonly host: string;
  readonly name: string;
  readonly image: string;
  readonly project: string;
  readonly service: string;
  readonly state: ContainerStatus;
  readonly health: 'none' | 'starting' | 'healthy' | 'unhealthy';
  readonly startedMs: number | undefined;
  readonly finishedMs: number | undefined;
  readonly exitCode: number | undefined;
  readonly restarts: number;
  /** A process of its last run was killed for want of memory. */
  readonly isOomKilled: boolean;
  readonly isCrashLooping: boolean;
  /** The newest reading; nothing while it does not run. */
  readonly now: Derived | undefined;
  /** Bytes; undefined without a limit. */
  readonly memoryLimit: number | undefined;
  readonly history: History;
}

export const SORTS = ['name', 'state', 'uptime', 'restarts', 'cpu', 'memory', 'network', 'block'] as const;
export type SortKey = (typeof SORTS)[number];

export interface Sort {
  readonly by: SortKey;
  readonly descending: boolean;
}

/** The direction in which a column is of interest first. */
export const firstDirection = (by: SortKey): boolean => !['name', 'state'].includes(by);

export const isUp = ({ state }: Row): boolean => state === 'running' || state === 'paused';

export const uptimeSeconds = (row: Row, nowMs: number): number | undefined =>
  isUp(row) && row.startedMs !== undefined ? Math.max(0, nowMs - row.startedMs) / 1_000 : undefined;

const sum = (one: number | undefined, other: number | undefined): number | undefined =>
  one === undefined && other === undefined ? undefined : (one ?? 0) + (other ?? 0);

export const networkOf = ({ now }: Row): number | undefined =>
  sum(now?.networkRxBytesPerSecond, now?.networkTxBytesPerSecond);
export const blockOf = ({ now }: Row): number | undefined =>
  sum(now?.blockReadBytesPerSecond, now?.blockWriteBytesPerSecond);

/** What asks for attention comes first. */
export function stateRank({ state, health, isOomKilled, isCrashLooping, exitCode }: Row): number {
  if (isCrashLooping || state === 'dead') return 0;
  if (isOomKilled) return 1;
  if (health === 'unhealthy') return 2;
  if (state === 'restarting') return 3;
  if (state === 'exited' && exitCode !== 0) return 4;
  return ['paused', 'running', 'created', 'exited', 'removing', 'removed'].indexOf(state) + 5;
}

const VALUES: Readonly<Record<SortKey, (row: Row) => number | string | undefined>> = {
  name: ({ name }) => name,
  state: stateRank,
  // A later start is a shorter uptime.
  uptime: (row) => (isUp(row) && row.startedMs !== undefined ? -row.startedMs : undefined),
  restarts: ({ restarts }) => restarts,
  cpu: ({ now }) => now?.cpuPercent,
  memory: ({ now }) => now?.memoryBytes,
  network: networkOf,
  block: blockOf,
};

/** Unknown values come last in either direction; equal ones by name. */
export function sortRows(rows: readonly Row[], { by, descending }: Sort): readonly Row[] {
  const valueOf = VALUES[by];
  const sign = descending ? -1 : 1;
  return [...rows].sort((one, other) => {
    const [a, b] = [valueOf(one), valueOf(other)];
    if (a !== b) {
      if (a === undefined) return 1;
      if (b === undefined) return -1;
      if (a !== b) return (typeof a === 'string' ? compareNames(a, b as string) : a - (b as number)) * sign;
    }
    return compareNames(one.name, other.name);
  });
}

const collator = new Intl.Collator('en', { numeric: true });
const compareNames = (one: string, other: string): number => collator.compare(one, other);

/** Rows that have every word somewhere: in name, image, project, service, state, health, or at the beginning of the id. */
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

export interface Group {
  /** The compose project; empty for those of none. */
  readonly project: string;
  readonly rows: readonly Row[];
  readonly up: number;
  readonly cpuPercent: number;
  readonly memoryBytes: number;
}

/** By compose project, in the order of their names; the containers of none come last. */
export function groupRows(rows: readonly Row[]): readonly Group[] {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const group = groups.get(row.project);
    if (group === undefined) groups.set(row.project, [row]);
    else group.push(row);
  }
  return [...groups]
    .sort(([one], [other]) => Number(one === '') - Number(other === '') || compareNames(one, other))
    .map(([project, own]) => ({ project, rows: own, ...totalsOf(own) }));
}

export function totalsOf(rows: readonly Row[]): Omit<Group, 'project' | 'rows'> {
  let [up, cpuPercent, memoryBytes] = [0, 0, 0];
  for (const row of rows) {
    if (isUp(row)) up += 1;
    cpuPercent += row.now?.cpuPercent ?? 0;
    memoryBytes += row.now?.memoryBytes ?? 0;
  }
  return { up, cpuPercent, memoryBytes };
}
