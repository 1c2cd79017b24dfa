import { access, constants, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { CheckpointStore } from '../core/checkpoints.ts';
import { messageOf, PipelineError } from '../core/errors.ts';
import type { Json } from '../core/types.ts';
import { makeFolder } from '../disk/folder.ts';
import { hasCode } from '../disk/disk-errors.ts';
import { replaceFile } from '../disk/replace-file.ts';

/**
 * Keeps the checkpoint of one pipeline in a file, which is replaced as a whole: written, synced, renamed, its folder
 * synced. Refuses a file that is no JSON, and a folder that cannot be written to, when a run begins.
 */
export function checkpointFile(path: string): CheckpointStore {
  return {
    place: path,
    async load() {
      try {
        await makeFolder(dirname(path));
        await access(dirname(path), constants.W_OK | constants.X_OK);
        return await readJson(path);
      } catch (cause) {
        const advice =
          cause instanceof SyntaxError
            ? 'move it away to begin anew'
            : 'choose a folder that can be written to';
        throw new PipelineError(
          'CONFIG_INVALID',
          `cannot use the checkpoint ${path}: ${messageOf(cause)}: ${advice}`,
          { cause },
        );
      }
    },
    save: (checkpoint) => replaceFile(path, `${JSON.stringify(checkpoint)}\n`),
  };
}

async function readJson(path: string): Promise<Json | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
  return JSON.parse(text) as Json;
}
