import { isAbsolute, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PipelineError } from '../core/errors.ts';

/** A point in a file; line and column count from 1. */
export interface Place {
  readonly file: string;
  readonly line?: number | undefined;
  readonly column?: number | undefined;
}

/** The path as people write it: relative to here when it is below, else absolute. */
export function displayPath(file: string, from: string = process.cwd()): string {
  const path = relative(from, file);
  return path === '' || path === '..' || path.startsWith(`..${sep}`) || isAbsolute(path) ? file : path;
}

/** What is wrong with a pipeline file, as one line: `FILE:LINE:COLUMN: message`. */
export function fileError({ file, line, column }: Place, message: string, cause?: unknown): PipelineError {
  const place = [displayPath(file), line, column].filter((part) => part !== undefined).join(':');
  return new PipelineError('CONFIG_INVALID', `${place}: ${oneLine(message)}`, { cause });
}

export function oneLine(text: string): string {
  return text.trim().replace(/\s*\n\s*/g, ' ');
}

/** The first place in one of the files that a stack trace names. */
export function placeInStack(stack: string, files: ReadonlySet<string>): Place | undefined {
  for (const line of stack.split('\n')) {
    const frame = /^\s+at (?:.*? \()?(.+):(\d+):(\d+)\)?$/.exec(line);
    const file = frame?.[1] === undefined ? undefined : pathOf(frame[1]);
    if (file !== undefined && files.has(file))
      return { file, line: Number(frame![2]), column: Number(frame![3]) };
  }
  return undefined;
}

/**
 * Where a module failed to link. Its stack begins with `FILE:LINE`, the text of the line, and a caret;
 * it has no frame.
 */
export function placeOfLink(stack: string, files: ReadonlySet<string>): Place | undefined {
  const [head = '', , caret = ''] = stack.split('\n');
  const found = /^(.+):(\d+)$/.exec(head);
  const file = found?.[1] === undefined ? undefined : pathOf(found[1]);
  if (file === undefined || !files.has(file)) return undefined;
  return {
    file,
    line: Number(found![2]),
    ...(/^\s*\^/.test(caret) ? { column: caret.indexOf('^') + 1 } : {}),
  };
}

const pathOf = (name: string): string => {
  const path = name.replace(/^async /, '');
  return path.startsWith('file:') ? fileURLToPath(path) : path;
};
