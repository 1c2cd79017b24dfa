import { balanceOf } from '../core/audit.ts';
import type { StageCounters } from '../core/types.ts';
import { grouped, tellReasons } from './figures.ts';

interface Column {
  readonly title: string;
  readonly cell: (stage: StageCounters) => string;
  /** Left out where every stage has nothing in it. */
  readonly optional?: true;
}

const COLUMNS: readonly Column[] = [
  { title: 'received', cell: ({ received }) => grouped(received) },
  { title: 'added', cell: ({ added }) => grouped(added), optional: true },
  { title: 'delivered', cell: ({ delivered }) => grouped(delivered) },
  { title: 'filtered', cell: ({ filtered }) => grouped(filtered) },
  { title: 'deduplicated', cell: ({ deduplicated }) => grouped(deduplicated) },
  { title: 'aggregated', cell: ({ aggregated }) => grouped(aggregated), optional: true },
  { title: 'rejected', cell: ({ rejected }) => tellReasons(rejected) },
  { title: 'dropped', cell: ({ dropped }) => tellReasons(dropped) },
  { title: 'in flight', cell: ({ inFlight }) => grouped(inFlight) },
  // Where a stage counts nothing by itself the difference has a name, and nothing can be left.
  { title: 'balance', cell: (stage) => (stage.exact ? grouped(balanceOf(stage)) : '~') },
];

/** The books of a pipeline, a line a stage under a line of titles. */
export function auditTable(pipeline: string, stages: readonly StageCounters[]): string {
  const columns = COLUMNS.filter(
    ({ cell, optional }) => !optional || stages.some((stage) => cell(stage) !== '0'),
  );
  const rows = [
    [pipeline, ...columns.map(({ title }) => title)],
    ...stages.map((stage) => [`  ${stage.name}`, ...columns.map(({ cell }) => cell(stage))]),
  ];
  const widths = rows[0]!.map((_, i) => Math.max(...rows.map((row) => row[i]!.length)));
  const pad = (text: string, i: number): string =>
    i === 0 ? text.padEnd(widths[i]!) : text.padStart(widths[i]!);
  return rows.map((row) => `${row.map(pad).join('  ').trimEnd()}\n`).join('');
}
