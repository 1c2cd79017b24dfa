import { realpath } from 'node:fs/promises';
import { dirname, relative } from 'node:path';
import { PipelineError } from '../../core/errors.ts';
import { makeFolder } from '../../disk/folder.ts';

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
