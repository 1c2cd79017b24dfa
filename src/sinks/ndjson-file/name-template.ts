import { createHash } from 'node:crypto';
import { PipelineError } from '../../core/errors.ts';
import { tokenOf } from './tokens.ts';
import type { Token } from './tokens.ts';

/** One component of a path template: fixed text and tokens between. */
export interface NameTemplate {
  /** Without tokens. */
  readonly fixed: boolean;
  /** The extension that every name made of it has; rotated names keep it last. May be empty. */
  readonly extension: string;
  /** A valid file name for any record: never empty, `.` or `..`, no separator, at most {@link MAX_NAME_BYTES}. */
  readonly render: (record: unknown) => string;
  /** Matches what comes before the extension, as the source of a regular expression with the flag `u`. */
  readonly stemPattern: string;
  readonly extensionPattern: string;
}

/** 255 less the longest suffix: `.2026-11-22T01-02-03.456Z`, `.zst`, `.part`. */
export const MAX_NAME_BYTES = 220;

/** How a rotated name differs from its live one. No live name made of tokens has it. */
export const STAMP_PATTERN: string = String.raw`\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.\d{3}Z`;

const CLEAN = /^[\p{L}\p{N}_+=@][\p{L}\p{M}\p{N}._+=@-]*$/u;
const UNCLEAN = /^[^\p{L}\p{N}_+=@]|[^\p{L}\p{M}\p{N}._+=@-]/gu;
const STAMP = new RegExp(String.raw`\.${STAMP_PATTERN}`, 'g');
const REMEMBERED = 1000;

export function parseName(text: string): NameTemplate {
  const parts = partsOf(text);
  const literals = parts.filter((part) => typeof part === 'string');
  const extension = extensionOf(parts);
  const extensionPattern = escaped(extension);
  const fixed = literals.length === parts.length;
  if (Buffer.byteLength(literals.join('')) > (fixed ? MAX_NAME_BYTES : MAX_NAME_BYTES - 40))
    throw new PipelineError(
      'CONFIG_INVALID',
      `ndjsonFile: path has a part that is too long for a file name: ${text}`,
    );
  const cleanPattern = parts
    .map((part) => (typeof part === 'string' ? escaped(part) : part.pattern))
    .join('')
    .slice(0, -extensionPattern.length || undefined);
  const first = typeof parts[0] === 'string' ? escaped(parts[0]) : '';
  const stemPattern = fixed ? cleanPattern : `(?:${cleanPattern}|${first}[^/]*~[0-9a-f]{12})`;
  const name = { fixed, extension, stemPattern, extensionPattern };
  if (fixed) return { ...name, render: () => text };
  const distinct = distinctNames(extension);
  const render = (record: unknown): string => {
    let raw = '';
    let safe = '';
    let values = '';
    for (const part of parts) {
      if (typeof part === 'string') {
        raw += part;
        safe += part;
        continue;
      }
      const value = part.valueIn(record);
      raw += value;
      safe += CLEAN.test(value) ? value : value.replace(UNCLEAN, '_');
      values += values === '' ? value : `\0${value}`;
    }
    // A UTF-16 unit has three bytes of UTF-8 at most.
    const short = raw.length * 3 <= MAX_NAME_BYTES || Buffer.byteLength(raw) <= MAX_NAME_BYTES;
    return raw === safe && short && raw.search(STAMP) === -1 ? raw : distinct(values, safe);
  };
  return { ...name, render };
}

/**
 * Names that had to be changed get the first 12 hexadecimal digits of the SHA-256 of the values in them behind `~`,
 * which no value keeps: two names that differ only in what was changed stay two files.
 */
function distinctNames(extension: string): (values: string, safe: string) => string {
  const known = new Map<string, string>();
  const room = MAX_NAME_BYTES - Buffer.byteLength(extension) - 13;
  return (values, safe) => {
    const remembered = known.get(values);
    if (remembered !== undefined) return remembered;
    const hash = createHash('sha256').update(values).digest('hex').slice(0, 12);
    const stem = safe
      .slice(0, safe.length - extension.length)
      .replace(STAMP, (stamp) => stamp.replaceAll('.', '_'));
    const made = `${cut(stem, room)}~${hash}${extension}`;
    if (known.size === REMEMBERED) known.clear();
    known.set(values, made);
    return made;
  };
}

function partsOf(text: string): readonly (string | Token)[] {
  const parts = text.split(/(\{[^{}]*\})/).filter((part) => part !== '');
  return parts.map((part) => {
    if (/^\{.*\}$/s.test(part)) return tokenOf(part.slice(1, -1));
    if (/[{}]/.test(part))
      throw new PipelineError(
        'CONFIG_INVALID',
        `ndjsonFile: path has a brace without its other half: ${text}`,
      );
    return part;
  });
}

function extensionOf(parts: readonly (string | Token)[]): string {
  const last = parts.at(-1);
  if (typeof last !== 'string') return '';
  const dot = last.lastIndexOf('.');
  return dot > 0 || (dot === 0 && parts.length > 1) ? last.slice(dot) : '';
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

const escaped = (text: string): string => text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`);
