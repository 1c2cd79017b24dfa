import { rmSync } from 'node:fs';
import { mkdtemp, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { messageOf } from '../core/errors.ts';
import { isPipeline } from '../core/pipeline.ts';
import type { Pipeline } from '../core/types.ts';
import { bundle } from './bundle.ts';
import type { Bundle } from './bundle.ts';
import { displayPath, fileError, placeInStack, placeOfLink } from './place.ts';
import type { Place } from './place.ts';

/** A pipeline file and what it exports. */
export interface LoadedFile {
  readonly path: string;
  readonly pipelines: readonly Pipeline[];
  readonly bundled: Bundle;
}

/**
 * Loads a `.ts`, `.mts`, `.js` or `.mjs` file and collects its pipelines: the default export first, the others by
 * the order of their names. Errors `CONFIG_INVALID` with one line, `FILE:LINE:COLUMN: message`.
 */
export async function loadFile(name: string): Promise<LoadedFile> {
  const path = resolve(name);
  await checkPath(path);
  const { folder, remove } = await bundleFolder();
  try {
    const outfile = join(folder, 'pipeline.mjs');
    return await loadBundle(path, outfile, await bundle(path, outfile));
  } finally {
    remove();
  }
}

/** A folder for the modules that files are made to, until it is removed or the process ends. */
export async function bundleFolder(): Promise<{ readonly folder: string; readonly remove: () => void }> {
  const folder = await mkdtemp(join(tmpdir(), 'dockrx-'));
  const remove = (): void => {
    process.off('exit', remove);
    rmSync(folder, { recursive: true, force: true });
  };
  // A file may end the process while it is loaded.
  process.once('exit', remove);
  return { folder, remove };
}

/** Loads a file that has been bundled for `outfile`; at another place of that folder it is another module. */
export async function loadBundle(path: string, outfile: string, bundled: Bundle): Promise<LoadedFile> {
  await writeFile(outfile, bundled.code);
  const exports = await importBundle(path, outfile, bundled);
  return { path, pipelines: pipelinesOf(path, exports), bundled };
}

/** What it does: a change that only moves lines is none. */
export const codeOf = ({ code }: Bundle): string =>
  code.slice(0, code.lastIndexOf('\n//# sourceMappingURL='));

/** Refuses two pipelines of one name: their counters and log lines could not be told apart. */
export function checkNames(files: readonly LoadedFile[]): void {
  const seen = new Map<string, string>();
  for (const { path, pipelines } of files)
    for (const { name } of pipelines) {
      const other = seen.get(name);
      if (other !== undefined) {
        const where = other === path ? 'this file too' : displayPath(other);
        throw fileError({ file: path }, `a pipeline named '${name}' is in ${where}: give each its own name`);
      }
      seen.set(name, path);
    }
}

async function checkPath(path: string): Promise<void> {
  const found = await stat(path).catch((error: unknown) => {
    const { code } = error as NodeJS.ErrnoException;
    throw fileError({ file: path }, code === 'ENOENT' ? 'no such file' : messageOf(error), error);
  });
  if (found.isDirectory()) throw fileError({ file: path }, 'is a folder: name the pipeline files in it');
  if (!/\.m?[jt]s$/.test(path)) throw fileError({ file: path }, 'is not a .ts, .mts, .js or .mjs file');
}

async function importBundle(
  path: string,
  outfile: string,
  { files, specifiers }: Bundle,
): Promise<Readonly<Record<string, unknown>>> {
  // The process would end without a word when nothing is left that could settle it.
  const unsettled = (): void => {
    process.stderr.write(`${displayPath(path)}: its top-level await never settles\n`);
    process.exit(2);
  };
  process.once('beforeExit', unsettled);
  try {
    return (await import(pathToFileURL(outfile).href)) as Record<string, unknown>;
  } catch (error) {
    if (!(error instanceof Error)) throw fileError({ file: path }, `threw ${String(error)}`, error);
    const stack = error.stack ?? '';
    const place: Place = placeInStack(stack, files) ?? placeOfLink(stack, files) ?? { file: path };
    throw fileError(place, explain(error, specifiers), error);
  } finally {
    process.off('beforeExit', unsettled);
  }
}

function explain({ name, message }: Error, specifiers: ReadonlyMap<string, string>): string {
  const missing = /requested module '(.+?)' does not provide an export named '(.+)'/.exec(message);
  if (missing !== null)
    return `'${specifiers.get(missing[1]!) ?? missing[1]!}' has no export '${missing[2]!}'`;
  return name === 'PipelineError' ? message : `${name}: ${message}`;
}

function pipelinesOf(file: string, exports: Readonly<Record<string, unknown>>): readonly Pipeline[] {
  const { default: main, ...named } = exports;
  const values = [main, ...Object.values(named)].flatMap((value) => {
    if (!Array.isArray(value)) return [value];
    const items = value as readonly unknown[];
    const wrong = items.findIndex((item) => !isPipeline(item));
    if (value === main && wrong >= 0)
      throw fileError({ file }, `element ${wrong} of its default export is not a pipeline`);
    return items;
  });
  const pipelines = new Set(values.filter(isPipeline));
  if (pipelines.size === 0)
    throw fileError({ file }, 'exports no pipeline: write export default pipeline(name, source, …, sink)');
  return [...pipelines];
}
