import { readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { globMatcher } from '../../records/globs.ts';
import { refused } from './bytes.ts';

/** What stands for standard input. */
export const STDIN = '-';

/**
 * The files of the paths, in their order, each once; those of a glob in the order of their names, which for the files of
 * `ndjsonFile` is that of their time.
 */
export async function filesOf(paths: readonly string[]): Promise<readonly string[]> {
  const found: string[] = [];
  for (const path of paths) found.push(...(await matching(path)));
  return [...new Set(found)];
}

async function matching(path: string): Promise<readonly string[]> {
  const [folder, glob] = [dirname(path), basename(path)];
  if (!/[*?]/.test(glob)) return [path];
  const matches = globMatcher([glob]);
  const entries = await readdir(folder, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isFile() && matches(entry.name)).map(({ name }) => name);
  if (names.length === 0) throw refused(`no file is like ${path}`);
  return names.sort().map((name) => join(folder, name));
}
