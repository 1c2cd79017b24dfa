import stringWidth from 'string-width';

const PLAIN = /^[\x20-\x7e]*$/;
/** Characters that would move the cursor, break the line or turn the writing direction. */
const UNSAFE = /[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;
const characters = new Intl.Segmenter();

/** The text as a terminal may show it: one line, no control characters. */
export const safeCell = (text: string): string => (PLAIN.test(text) ? text : text.replace(UNSAFE, '·'));

/** How many columns of a terminal it takes. */
export const widthOf = (text: string): number => (PLAIN.test(text) ? text.length : stringWidth(text));

/** At most so many columns wide; what is cut off leaves `…`. */
export function cutTo(text: string, width: number): string {
  if (text.length <= width && PLAIN.test(text)) return text;
  if (widthOf(text) <= width) return text;
  let kept = '';
  let used = 1;
  for (const { segment } of characters.segment(text)) {
    used += widthOf(segment);
    if (used > width) break;
    kept += segment;
  }
  return `${kept}…`;
}

/** Exactly so many columns wide. */
export function fitTo(text: string, width: number, side: 'left' | 'right' = 'left'): string {
  const kept = cutTo(text, width);
  const space = ' '.repeat(Math.max(0, width - widthOf(kept)));
  return side === 'left' ? kept + space : space + kept;
}
