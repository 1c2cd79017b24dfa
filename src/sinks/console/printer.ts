import { fieldColumns, VALUE_COLUMNS } from './any-record.ts';
import { EVENT_COLUMNS, eventRow } from './events.ts';
import { STATS_COLUMNS, statsRow } from './stats.ts';
import { tableOf } from './table.ts';
import type { Paper, Table } from './table.ts';

const REMEMBERED = 50;

/** Makes lines for a terminal; throws where a record has no text. Each kind of record is a table of its own. */
export function printer(): (record: unknown, paper: Paper) => string {
  const events = tableOf(EVENT_COLUMNS);
  const stats = tableOf(STATS_COLUMNS);
  const values = tableOf(VALUE_COLUMNS);
  const others = new Map<string, Table<Readonly<Record<string, unknown>>>>();

  const tableFor = (record: object): Table<Readonly<Record<string, unknown>>> => {
    const names = Object.keys(record);
    const kind = names.join('\0');
    const known = others.get(kind);
    if (known !== undefined) return known;
    if (others.size === REMEMBERED) others.clear();
    const table = tableOf(fieldColumns(names));
    others.set(kind, table);
    return table;
  };

  return (record, paper) => {
    if (typeof record !== 'object' || record === null || Array.isArray(record)) return values(record, paper);
    const event = eventRow(record);
    if (event !== undefined) return events(event, paper);
    const reading = statsRow(record);
    if (reading !== undefined) return stats(reading, paper);
    return tableFor(record)(record as Readonly<Record<string, unknown>>, paper);
  };
}
