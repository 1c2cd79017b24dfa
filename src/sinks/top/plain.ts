import { sortRows } from '../../overview/order.ts';
import { uptimeSeconds } from '../../overview/rows.ts';
import { fitTo, safeCell, widthOf } from '../shared/cells.ts';
import { bytes, percent } from '../shared/units.ts';
import { placeText } from './columns.ts';
import type { Row } from './rows.ts';
import { duration } from './units.ts';

type Cell = (row: Row, nowMs: number) => string | number | undefined;

const CELLS: readonly (readonly [string, Cell])[] = [
  ['NAME', ({ name }) => name],
  ['IMAGE', ({ image }) => image],
  ['PROJECT/SERVICE', placeText],
  ['STATE', ({ state }) => state],
  ['EXIT', ({ exitCode }) => exitCode],
  ['HEALTH', ({ health }) => (health === 'none' ? '' : health)],
  ['UPTIME', (row, nowMs) => duration(uptimeSeconds(row, nowMs))],
  ['RESTARTS', ({ restarts }) => restarts],
  ['CPU%', ({ now }) => percent(now.cpuPercent)],
  ['MEMORY', ({ now }) => bytes(now.memoryBytes)],
  ['LIMIT', ({ memoryLimit }) => bytes(memoryLimit)],
  ['MEM%', ({ now }) => percent(now.memoryPercent)],
  ['RX/S', ({ now }) => bytes(now.networkRxBytesPerSecond)],
  ['TX/S', ({ now }) => bytes(now.networkTxBytesPerSecond)],
  ['READ/S', ({ now }) => bytes(now.blockReadBytesPerSecond)],
  ['WRITE/S', ({ now }) => bytes(now.blockWriteBytesPerSecond)],
  ['PIDS', ({ now }) => now.pids],
  ['HOST', ({ host }) => host],
];

/** A table for programs, by name: no cell has a space in it or is empty, and nothing is cut. */
export function plainTable(rows: readonly Row[], nowMs: number): string {
  const lines = [
    CELLS.map(([title]) => title),
    ...sortRows(rows, { by: 'name', descending: false }).map((row) =>
      CELLS.map(([, cell]) => safeCell(String(cell(row, nowMs) ?? '').replace(/\s+/g, '')) || '-'),
    ),
  ];
  const widths = CELLS.map((_, i) => lines.reduce((most, line) => Math.max(most, widthOf(line[i]!)), 0));
  return lines
    .map(
      (line) =>
        `${line
          .map((cell, i) => fitTo(cell, widths[i]!))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}
