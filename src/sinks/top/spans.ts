import { cutTo, safeCell, widthOf } from '../shared/cells.ts';
import { tinted } from '../shared/tones.ts';
import type { Tone } from '../shared/tones.ts';

/** A piece of a line, in one tone. */
export interface Span {
  readonly text: string;
  readonly tone?: Tone | undefined;
}

export const span = (text: string, tone?: Tone): Span => ({ text: safeCell(text), tone });

export const spansWidth = (spans: readonly Span[]): number =>
  spans.reduce((sum, { text }) => sum + widthOf(text), 0);

/** The spans, at most so many columns wide; what is cut off leaves `…`. */
export function cutSpans(spans: readonly Span[], width: number): readonly Span[] {
  if (spansWidth(spans) <= width) return spans;
  const kept: Span[] = [];
  let left = width;
  for (const one of spans) {
    const size = widthOf(one.text);
    // The last column is for the `…` that tells of what follows.
    if (size >= left) return [...kept, { ...one, text: left <= 0 ? '' : cutTo(`${one.text}  `, left) }];
    kept.push(one);
    left -= size;
  }
  return kept;
}

/** Exactly so many columns wide. */
export function fitSpans(spans: readonly Span[], width: number, side: 'left' | 'right'): readonly Span[] {
  const kept = cutSpans(spans, width);
  const space = { text: ' '.repeat(Math.max(0, width - spansWidth(kept))) };
  return side === 'left' ? [...kept, space] : [space, ...kept];
}

export const paintSpans = (spans: readonly Span[], colours: boolean): string =>
  spans
    .map(({ text, tone }) =>
      colours && tone !== undefined && text.trim() !== '' ? tinted(text, tone) : text,
    )
    .join('')
    .trimEnd();
