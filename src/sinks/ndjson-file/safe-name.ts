import { createHash } from 'node:crypto';

/** 255 less the longest suffix: `.2026-11-22T01-02-03.456Z`, `.zst`, `.part`. */
export const MAX_NAME_BYTES: number = 220;

/** How a rotated name differs from its live one. No live name made of values has it. */
export const STAMP_PATTERN: string = String.raw`\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.\d{3}Z`;

/** Matches a value that is a part of a file name as it is, as the source of a regular expression with the flag `u`. */
export const CLEAN_PATTERN: string = String.raw`[\p{L}\p{N}_+=@][\p{L}\p{M}\p{N}._+=@\-]*`;

/** Matches how the stem of a name that had to be changed ends. */
export const MARK_PATTERN: string = '~[0-9a-f]{12}';

const CLEAN = new RegExp(`^${CLEAN_PATTERN}$`, 'u');
const UNCLEAN = /^[^\p{L}\p{N}_+=@]|[^\p{L}\p{M}\p{N}._+=@-]/gu;
const STAMP = new RegExp(String.raw`\.${STAMP_PATTERN}`, 'g');
const MARK_BYTES = 13;

/**
 * A file name of fixed texts and values in turns: `texts` has one more than `values`, and the last ends in `extension`.
 * A name that had to be changed is marked with `~`, which no value keeps, and the first 12 hexadecimal digits of the
 * SHA-256 of `identity`: names that differ only in what was changed stay apart.
 */
export function safeName(
  texts: readonly string[],
  values: readonly string[],
  extension: string,
  identity: string,
): string {
  const joined = (valueAt: (i: number) => string): string =>
    texts.map((text, i) => (i === 0 ? text : valueAt(i - 1) + text)).join('');
  const raw = joined((i) => values[i]!);
  const clean = values.every((value) => CLEAN.test(value));
  if (clean && Buffer.byteLength(raw) <= MAX_NAME_BYTES && raw.search(STAMP) === -1) return raw;

  const safe = joined((i) => values[i]!.replace(UNCLEAN, '_'));
  const stem = safe
    .slice(0, safe.length - extension.length)
    .replace(STAMP, (stamp) => stamp.replaceAll('.', '_'));
  const hash = createHash('sha256')
    .update(identity)
    .digest('hex')
    .slice(0, MARK_BYTES - 1);
  return `${cut(stem, MAX_NAME_BYTES - Buffer.byteLength(extension) - MARK_BYTES)}~${hash}${extension}`;
}

/** The longest beginning of so many bytes of UTF-8, in whole characters. */
function cut(text: string, bytes: number): string {
  let kept = '';
  let used = 0;
  for (const character of text) {
    used += Buffer.byteLength(character);
    if (used > bytes) break;
    kept += character;
  }
  return kept;
}
