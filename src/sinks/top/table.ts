import type { Sort } from '../../overview/order.ts';
import { widthOf } from '../shared/cells.ts';
import type { TopColumn } from './columns.ts';
import type { Row } from './rows.ts';
import { fitSpans, span, spansWidth } from './spans.ts';
import type { Span } from './spans.ts';

export interface Laid {
  readonly column: TopColumn;
  readonly width: number;
}

const GAP = 2;
const least = ({ width }: TopColumn): number => (typeof width === 'number' ? width : width.least);

/** The columns that have room, and how wide each is. What is left is shared out to texts that need it, in their order. */
export function layOut(
  columns: readonly TopColumn[],
  rows: readonly Row[],
  room: number,
  nowMs: number,
): readonly Laid[] {
  let kept = columns;
  const taken = (): number => kept.reduce((sum, column) => sum + least(column) + GAP, -GAP);
  while (kept.length > 1 && taken() > room) {
    const last = Math.max(...kept.map(({ rank }) => rank));
    const index = kept.findLastIndex(({ rank }) => rank === last);
    kept = kept.filter((_, i) => i !== index);
  }
  let left = Math.max(0, room - taken());
  return kept.map((column) => {
    const { width } = column;
    if (typeof width === 'number') return { column, width };
    const needed = rows.reduce((most, row) => Math.max(most, spansWidth(column.cell(row, nowMs))), 0);
    const more = Math.min(left, Math.max(0, Math.min(width.most, needed) - width.least));
    left -= more;
    return { column, width: width.least + more };
  });
}

/** The column by which rows are sorted has an arrow: down is from the largest. */
export function titleLine(laid: readonly Laid[], { by, descending }: Sort): readonly Span[] {
  const arrow = descending ? '▼' : '▲';
  return joined(
    laid.map(({ column: { title, sort, side = 'left' }, width }) => {
      if (sort !== by) return fitSpans([span(title, 'quiet')], width, side);
      // Where there is no room for both the arrow takes the place of the unit.
      const text = widthOf(title) < width ? title : title.slice(0, width - 1);
      return fitSpans([span(`${text}${arrow}`, 'title')], width, side);
    }),
  );
}

export const rowLine = (laid: readonly Laid[], row: Row, nowMs: number): readonly Span[] =>
  joined(laid.map(({ column, width }) => fitSpans(column.cell(row, nowMs), width, column.side ?? 'left')));

const joined = (cells: readonly (readonly Span[])[]): readonly Span[] =>
  cells.flatMap((cell, i) => (i === 0 ? cell : [{ text: ' '.repeat(GAP) }, ...cell]));
