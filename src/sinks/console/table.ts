import { cutTo, fitTo, safeCell, widthOf } from '../shared/cells.ts';
import { tinted } from '../shared/tones.ts';
import type { Tone } from '../shared/tones.ts';

/** A column of rows of one kind. It grows with what comes, from `least` to `most`, and never shrinks. */
export interface Column<R> {
  readonly title: string;
  /** The width of the title, if not given. */
  readonly least?: number;
  readonly most: number;
  readonly side?: 'left' | 'right';
  readonly cell: (row: R) => string;
  readonly tone?: (row: R) => Tone | undefined;
}

export interface Paper {
  /** Columns of the terminal. */
  readonly width: number;
  readonly colours: boolean;
}

/** Makes lines of rows, aligned with those before; the first one comes below the columns' titles. */
export type Table<R> = (row: R, paper: Paper) => string;

const GAP = '  ';

export function tableOf<R>(columns: readonly Column<R>[]): Table<R> {
  const titles = columns.map(({ title }) => safeCell(title));
  const widths = columns.map(({ least = 0, most }, i) =>
    Math.max(least, Math.min(most, widthOf(titles[i]!))),
  );
  let titled = false;

  const line = (
    paper: Paper,
    textAt: (i: number) => string,
    toneAt: (i: number) => Tone | undefined,
  ): string => {
    let text = '';
    let left = paper.width;
    for (const [i, { side }] of columns.entries()) {
      const last = i === columns.length - 1;
      const gap = i === 0 ? '' : GAP;
      left -= gap.length;
      if (left <= 0) break;
      const cell = last ? cutTo(textAt(i), left) : fitTo(textAt(i), Math.min(widths[i]!, left), side);
      left -= widthOf(cell);
      const tone = paper.colours ? toneAt(i) : undefined;
      text += gap + (tone === undefined || cell.trim() === '' ? cell : tinted(cell, tone));
    }
    return `${text.trimEnd()}\n`;
  };

  return (row, paper) => {
    const texts = columns.map(({ cell }) => safeCell(cell(row)));
    for (const [i, { most }] of columns.entries())
      widths[i] = Math.max(widths[i]!, Math.min(most, widthOf(texts[i]!)));
    const head = titled
      ? ''
      : line(
          paper,
          (i) => titles[i]!,
          () => 'title',
        );
    titled = true;
    return (
      head +
      line(
        paper,
        (i) => texts[i]!,
        (i) => columns[i]!.tone?.(row),
      )
    );
  };
}
