import { PipelineError } from '../../core/errors.ts';
import { MARK_PATTERN, MAX_NAME_BYTES, safeName } from './safe-name.ts';
import { tokenOf } from './tokens.ts';

/** `dateext`, as logrotate has it: behind the name, in seconds. */
export type RotatedNames = 'dateext' | undefined;

/** One component of a path template: fixed text and tokens between. */
export interface NameTemplate {
  /** The extension that every name made of it has; rotated names keep it last. May be empty. */
  readonly extension: string;
  /** A valid file name for any record: never empty, `.` or `..`, no separator, at most {@link MAX_NAME_BYTES}. */
  readonly render: (record: unknown) => string;
  /** Matches what comes before the extension, as the source of a regular expression with the flag `u`. */
  readonly stemPattern: string;
  readonly extensionPattern: string;
  readonly rotated?: RotatedNames;
}

const ROOM_FOR_VALUES_BYTES = 40;
const REMEMBERED = 1000;

export function parseName(text: string): NameTemplate {
  // Every second one is a token's.
  const split = text.split(/\{([^{}]*)\}/);
  const texts = split.filter((_, i) => i % 2 === 0);
  const tokens = split.filter((_, i) => i % 2 === 1).map(tokenOf);
  if (texts.some((part) => /[{}]/.test(part))) throw wrong('has a brace without its other half', text);
  const most = tokens.length === 0 ? MAX_NAME_BYTES : MAX_NAME_BYTES - ROOM_FOR_VALUES_BYTES;
  if (Buffer.byteLength(texts.join('')) > most)
    throw wrong('has a part that is too long for a file name', text);

  const extension = extensionOf(texts);
  const extensionPattern = escaped(extension);
  const texted = [...texts.slice(0, -1), texts.at(-1)!.slice(0, -extension.length || undefined)].map(escaped);
  const clean = texted.map((part, i) => part + (tokens[i]?.pattern ?? '')).join('');
  if (tokens.length === 0) return { extension, extensionPattern, stemPattern: clean, render: () => text };

  const known = new Map<string, string>();
  const render = (record: unknown): string => {
    const values = tokens.map((token) => token.valueIn(record));
    const identity =
      values.length === 1 ? values[0]! : values.map((value) => `${value.length}:${value}`).join('');
    const remembered = known.get(identity);
    if (remembered !== undefined) return remembered;
    const name = safeName(texts, values, extension, identity);
    if (known.size === REMEMBERED) known.clear();
    known.set(identity, name);
    return name;
  };
  const marked = `${texted[0]!}[^/]*${MARK_PATTERN}`;
  return { extension, extensionPattern, stemPattern: `(?:${clean}|${marked})`, render };
}

/** The extension of the text behind the last token; of the whole name where there is none. */
function extensionOf(texts: readonly string[]): string {
  const last = texts.at(-1)!;
  const dot = last.lastIndexOf('.');
  return dot > 0 || (dot === 0 && texts.length > 1) ? last.slice(dot) : '';
}

const escaped = (text: string): string => text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`);

const wrong = (what: string, text: string): PipelineError =>
  new PipelineError('CONFIG_INVALID', `ndjsonFile: path ${what}: ${text}`);
