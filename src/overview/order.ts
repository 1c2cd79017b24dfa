import { isFailure } from './happenings.ts';
import { blockOf, isUp, networkOf } from './rows.ts';
import type { ContainerRow } from './rows.ts';

export type SortKey = 'name' | 'state' | 'uptime' | 'restarts' | 'cpu' | 'memory' | 'network' | 'block';

export interface Sort {
  readonly by: SortKey;
  readonly descending: boolean;
}

/** Whether what is of interest first is the largest: of all but names and states. */
export const firstDirection = (by: SortKey): boolean => !['name', 'state'].includes(by);

/** By this column; by the same once more, the other way round. */
export const nextSort = (now: Sort, by: SortKey): Sort => ({
  by,
  descending: now.by === by ? !now.descending : firstDirection(by),
});

/** What asks for attention comes first. */
function stateRank({ state, health, isOomKilled, isCrashLooping, exitCode }: ContainerRow): number {
  if (isCrashLooping || state === 'dead') return 0;
  if (isOomKilled) return 1;
  if (health === 'unhealthy') return 2;
  if (state === 'restarting') return 3;
  if (state === 'exited' && isFailure(exitCode)) return 4;
  return ['paused', 'running', 'created', 'exited', 'removing', 'removed'].indexOf(state) + 5;
}

const VALUES: Readonly<Record<Exclude<SortKey, 'name'>, (row: ContainerRow) => number | undefined>> = {
  state: stateRank,
  // A later start is a shorter uptime.
  uptime: (row) => (isUp(row) && row.startedMs !== undefined ? -row.startedMs : undefined),
  restarts: ({ restarts }) => restarts,
  cpu: ({ now }) => now.cpuPercent,
  memory: ({ now }) => now.memoryBytes,
  network: networkOf,
  block: blockOf,
};

const names = new Intl.Collator('en', { numeric: true });

/** As people order names: 9 before 10. */
export const compareNames = (one: string, other: string): number => names.compare(one, other);

/** Unknown values come last in either direction; equal ones by name. */
export function sortRows<R extends ContainerRow>(rows: readonly R[], { by, descending }: Sort): readonly R[] {
  const sign = descending ? -1 : 1;
  if (by === 'name') return [...rows].sort((one, other) => compareNames(one.name, other.name) * sign);
  const valueOf = VALUES[by];
  return [...rows].sort((one, other) => {
    const [a, b] = [valueOf(one), valueOf(other)];
    if (a === b) return compareNames(one.name, other.name);
    if (a === undefined) return 1;
    return b === undefined ? -1 : (a - b) * sign;
  });
}
