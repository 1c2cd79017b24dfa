import { textOf } from '../../records/text.ts';
import type { Column } from './table.ts';
import { timeOfDay } from '../shared/units.ts';

type Fields = Readonly<Record<string, unknown>>;

/** A column for each field of a record, its time first; for all records that have the same fields. */
export function fieldColumns(names: readonly string[]): readonly Column<Fields>[] {
  const times = names.filter(isTime);
  return [...times, ...names.filter((name) => !isTime(name))].map((name) => ({
    title: isTime(name) ? 'TIME' : name,
    most: isTime(name) ? 12 : 40,
    cell: (record) => (isTime(name) ? timeOfDay(cellOf(record[name])) : cellOf(record[name])),
    ...(isTime(name) && { tone: (): 'quiet' => 'quiet' }),
  }));
}

/** Anything else is one line of JSON. */
export const VALUE_COLUMNS: readonly Column<unknown>[] = [{ title: 'VALUE', most: Infinity, cell: textOf }];

const isTime = (name: string): boolean => name === 'time' || name === '@timestamp';

function cellOf(value: unknown): string {
  if (typeof value === 'string') return value;
  return value === undefined || value === null ? '' : textOf(value);
}
