import { join, resolve } from 'node:path';
import { PipelineError } from '../../core/errors.ts';
import { parseName } from './name-template.ts';
import type { NameTemplate, RotatedNames } from './name-template.ts';
import { MAX_NAME_BYTES } from './safe-name.ts';

/** Where records go: a path with tokens that the record fills. */
export interface PathTemplate {
  /** The folder that no path leaves: the template's folders before the first token. Absolute. */
  readonly base: string;
  /** What follows below the base folder, a component each; the last is the file's name. */
  readonly names: readonly NameTemplate[];
  /** The one path, where the template has no token. */
  readonly fixed: string | undefined;
  readonly pathOf: (record: unknown) => string;
}

const MAX_PATH_BYTES = 4000;

/** Rotated names other than our own only of a path without tokens: a value might look like one. */
export function parsePath(text: string, rotated?: RotatedNames): PathTemplate {
  const wrong = (what: string): PipelineError =>
    new PipelineError('CONFIG_INVALID', `ndjsonFile: path ${what}: ${JSON.stringify(text)}`);
  if (typeof text !== 'string' || text === '') throw wrong('must be the path of a file');
  if (text.includes('\0')) throw wrong('must not contain a NUL character');
  if (/[/\\]$|(^|\/)\.\.?$/.test(text)) throw wrong('must end in the name of a file');
  const components = text.split('/');
  const firstToken = components.findIndex((component) => component.includes('{'));
  const split = firstToken === -1 ? components.length - 1 : firstToken;
  const below = components.slice(split).filter((component) => component !== '');
  if (below.some((component) => component === '.' || component === '..'))
    throw wrong('must have no . or .. behind a token');
  const base = resolve(components.slice(0, split).join('/') || (text.startsWith('/') ? '/' : '.'));
  const names = below.map(parseName);
  if (Buffer.byteLength(base) + names.length * (MAX_NAME_BYTES + 1) > MAX_PATH_BYTES)
    throw wrong('has too many folders behind the first token');
  if (firstToken === -1) {
    const fixed = join(base, below[0]!);
    return { base, names: [{ ...names[0]!, rotated }], fixed, pathOf: () => fixed };
  }
  if (rotated !== undefined) throw wrong(`must have no token where rotate has names: '${rotated}'`);
  const start = base === '/' ? '' : base;
  const pathOf = (record: unknown): string => {
    let path = start;
    for (const name of names) path += `/${name.render(record)}`;
    return path;
  };
  return { base, names, fixed: undefined, pathOf };
}
