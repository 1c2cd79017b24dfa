import { mkdir, open, realpath, stat } from 'node:fs/promises';
import { dirname, relative } from 'node:path';
import { PipelineError } from '../../core/errors.ts';
import { hasCode } from './disk-errors.ts';

const MODE = 0o750;

/** Makes a folder and those it is in, unless it is there. `mkdir`'s own way tells a wrong reason where it cannot. */
export async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { mode: MODE });
  } catch (error) {
    if (hasCode(error, 'EEXIST') && (await stat(folder)).isDirectory()) return;
    if (!hasCode(error, 'ENOENT') || folder === dirname(folder)) throw error;
    await makeFolder(dirname(folder));
    await mkdir(folder, { mode: MODE });
  }
}

/** Makes a folder below the base folder and those between; refuses links that lead out of the base folder. */
export async function makeFolderBelow(folder: string, base: string): Promise<void> {
  if (folder === base) return makeFolder(base);
  await makeFolderBelow(dirname(folder), base);
  await makeFolder(folder);
  const way = relative(await realpath(base), await realpath(folder));
  if (way.split('/')[0] === '..')
    throw new PipelineError(
      'SINK_REFUSED',
      `ndjsonFile: ${folder} is a link that leads out of ${base}: remove it, or choose another path`,
    );
}

/** Makes the names in a folder durable. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
