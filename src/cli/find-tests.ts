import { readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { messageOf } from '../core/errors.ts';
import { fileError } from './place.ts';

const TEST = /\.test\.m?[jt]s$/;
const SCRIPT = /\.m?[jt]s$/;

/** The test files among and below what is named, or below the current folder, in order. Errors `CONFIG_INVALID`. */
export async function findTests(names: readonly string[]): Promise<readonly string[]> {
  const found = await Promise.all((names.length > 0 ? names : ['.']).map(testsIn));
  return [...new Set(found.flat())];
}

async function testsIn(name: string): Promise<readonly string[]> {
  const path = resolve(name);
  const found = await stat(path).catch((error: unknown) => {
    const { code } = error as NodeJS.ErrnoException;
    throw fileError({ file: path }, code === 'ENOENT' ? 'no such file' : messageOf(error), error);
  });
  if (!found.isDirectory()) {
    if (!SCRIPT.test(path)) throw fileError({ file: path }, 'is not a .ts, .mts, .js or .mjs file');
    return [path];
  }
  const tests = await below(path);
  if (tests.length === 0)
    throw fileError({ file: path }, 'there is no test below it: a file named like deaths.test.ts');
  return tests;
}

/** Not in what is installed or hidden. */
async function below(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    throw fileError({ file: folder }, `cannot be read: ${messageOf(error)}`, error);
  });
  const inOrder = entries.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const tests: string[] = [];
  for (const entry of inOrder) {
    const path = join(folder, entry.name);
    const isOwn = entry.name !== 'node_modules' && !entry.name.startsWith('.');
    if (entry.isFile() && TEST.test(entry.name)) tests.push(path);
    if (entry.isDirectory() && isOwn) tests.push(...(await below(path)));
  }
  return tests;
}
