import { compareNames } from '../../../src/overview/order.ts';
import { isUp } from '../../../src/overview/rows.ts';
import type { ContainerRow } from '../../../src/overview/rows.ts';
import type { History } from './history.ts';

/** A container as the table shows it. */
export interface Row extends ContainerRow {
  readonly key: string;
  readonly finishedMs: number | undefined;
  /** Bytes; undefined without a limit. */
  readonly memoryLimit: number | undefined;
  readonly history: History;
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
    cpuPercent += row.now.cpuPercent ?? 0;
    memoryBytes += row.now.memoryBytes ?? 0;
  }
  return { up, cpuPercent, memoryBytes };
}
