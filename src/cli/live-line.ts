import stringWidth from 'string-width';
import { short, total } from './figures.ts';
import type { Figures } from './figures.ts';
import { paint } from './paint.ts';
import type { Colour } from './paint.ts';

/** What a live line tells of one pipeline. */
export interface LiveState {
  readonly name: string;
  readonly figures: Figures;
  /** Records a second, since the last reading. */
  readonly inPerSecond: number;
  readonly outPerSecond: number;
  readonly state: 'running' | 'paused' | 'retrying' | 'stalled' | 'draining' | 'ended';
}

export interface LiveFrame {
  readonly columns: number;
  readonly rows: number;
  readonly colour: boolean;
}

interface Cell {
  readonly text: string;
  readonly colour?: Colour;
  /** The cells of the highest rank go first when the terminal is narrow. */
  readonly rank: number;
}

/** The live lines, one a pipeline, none wider than the frame; what does not fit in its height is summed up. */
export function liveLines(
  pipelines: readonly LiveState[],
  { columns, rows, colour }: LiveFrame,
): readonly string[] {
  const nameWidth = Math.max(0, ...pipelines.map(({ name }) => stringWidth(name)));
  const room = Math.max(1, rows - 1);
  const shown = pipelines.length <= room ? pipelines : pipelines.slice(0, room - 1);
  const lines = shown.map((pipeline) => line(cellsOf(pipeline, nameWidth), columns - 1, colour));
  const hidden = pipelines.length - shown.length;
  return hidden === 0 ? lines : [...lines, cut(`and ${hidden} more`, columns - 1)];
}

const STATE_COLOURS: { readonly [state in LiveState['state']]?: Colour } = { ended: 'green', stalled: 'red' };

function cellsOf({ name, figures, inPerSecond, outPerSecond, state }: LiveState, nameWidth: number): Cell[] {
  const { received, delivered, inFlight, retries, dropped, rejected } = figures;
  const bad = (label: string, count: number, colour: Colour, rank: number): Cell[] =>
    count === 0 ? [] : [{ text: `${label} ${short(count)}`, colour, rank }];
  return [
    { text: name.padEnd(nameWidth), colour: 'bold', rank: 0 },
    { text: `in ${short(inPerSecond).padStart(5)}/s`, rank: 2 },
    { text: `out ${short(outPerSecond).padStart(5)}/s`, rank: 1 },
    {
      text: `total ${short(received).padStart(5)} → ${short(delivered).padStart(5)}`,
      colour: 'dim',
      rank: 6,
    },
    { text: `in flight ${short(inFlight).padStart(5)}`, colour: 'dim', rank: 7 },
    ...bad('dropped', total(dropped), 'red', 3),
    ...bad('rejected', total(rejected), 'yellow', 4),
    ...bad('retries', retries, 'yellow', 5),
    ...(state === 'running'
      ? []
      : [{ text: state, colour: STATE_COLOURS[state] ?? 'yellow', rank: 2 } as const]),
  ];
}

function line(cells: readonly Cell[], width: number, colour: boolean): string {
  const widthOf = (kept: readonly Cell[]): number => stringWidth(kept.map(({ text }) => text).join(GAP));
  let kept = cells;
  while (kept.length > 1 && widthOf(kept) > width) {
    const last = Math.max(...kept.map(({ rank }) => rank));
    const index = kept.findLastIndex(({ rank }) => rank === last);
    kept = kept.filter((_, i) => i !== index);
  }
  if (widthOf(kept) > width) return cut(kept[0]!.text.trimEnd(), width);
  return kept
    .map((cell) => (colour && cell.colour !== undefined ? paint(cell.text, cell.colour) : cell.text))
    .join(GAP);
}

const GAP = '  ';

function cut(text: string, width: number): string {
  if (stringWidth(text) <= width) return text;
  let kept = '';
  for (const character of text) {
    if (stringWidth(kept + character) > width - 1) break;
    kept += character;
  }
  return `${kept}…`.slice(0, Math.max(0, width));
}
