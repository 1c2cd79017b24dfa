import type { Measured } from './rounds.ts';
import type { BenchSet } from './sets.ts';

/** Title, short name, value, digits. */
export type Column = readonly [string, string, (one: Measured) => number, number];

/** A table of medians (min … max), and the ratios to the set's first candidate. */
export function report(set: BenchSet, results: ReadonlyMap<string, readonly Measured[]>): string {
  const columns = set.columns ?? usageColumns(set);
  const base = results.get(set.candidates[0]!)!;
  const rows = set.candidates.map((name) => {
    const runs = results.get(name)!;
    const figures = columns.map(([, , of, digits]) => spread(runs.map(of), digits));
    const ratios = columns.map(([, , of]) => (median(runs.map(of)) / median(base.map(of))).toFixed(2));
    return [name, ...figures, ...ratios];
  });
  const head = ['', ...columns.map(([title]) => title), ...columns.map(([, short]) => `× ${short}`)];
  return `\n${set.title}\n${aligned([head, ...rows])}\n`;
}

function usageColumns({ name, steadyRecords }: BenchSet): readonly Column[] {
  const steady: Column = [
    'once open',
    'steady',
    ({ steadyCpuMs = NaN }) => (steadyCpuMs * 1000) / steadyRecords!,
    2,
  ];
  return [
    ['k records/s', 'speed', ({ records, wallMs }) => records / wallMs, 1],
    [
      name === 'stats' ? 'CPU µs/sample' : 'CPU s/M',
      'CPU',
      ({ records, cpuMs }) => (cpuMs * 1000) / records,
      2,
    ],
    ...(steadyRecords === undefined ? [] : [steady]),
    ['peak RSS MiB', 'RSS', ({ rssMiB }) => rssMiB, 0],
  ];
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

export const spread = (values: readonly number[], digits: number): string =>
  `${median(values).toFixed(digits)} (${Math.min(...values).toFixed(digits)} … ${Math.max(...values).toFixed(digits)})`;

export function aligned(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows
    .map((row) =>
      row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('  '),
    )
    .join('\n');
}
