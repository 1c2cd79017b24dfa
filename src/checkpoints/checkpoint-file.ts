import { access, constants, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { CheckpointStore } from '../core/checkpoints.ts';
import { messageOf, PipelineError } from '../core/errors.ts';
import type { Json } from '../core/types.ts';
import { makeFolder } from '../disk/folder.ts';
import { diskError, hasCode } from '../disk/disk-errors.ts';
import { takeLock } from '../disk/lock.ts';
import { replaceFile } from '../disk/replace-file.ts';

/**
 * Keeps the checkpoint of one pipeline in a file, which is replaced as a whole: written, synced, renamed, its folder
 * synced. Refuses, when a run begins, a file that is no JSON or that another process uses (`PATH.lock` names it), and a
 * folder that cannot be written to.
 * Errors: `CONFIG_INVALID` for what it refuses; `SINK_UNAVAILABLE` while it cannot be replaced: the run tells so and goes on.
 *
 * @example runPipeline(pipeline('events', dockerEvents(), console()), { checkpoints: checkpointFile('state/events.json') })
 */
export function checkpointFile(path: string): CheckpointStore {
  let unlock: (() => Promise<unknown>) | undefined;
  return {
    place: path,
    async load() {
      try {
        await makeFolder(dirname(path));
        await access(dirname(path), constants.W_OK | constants.X_OK);
        const lock = await takeLock(`${path}.lock`);
        if (typeof lock === 'number') throw inUse(path, lock);
        unlock = lock;
        return await readJson(path);
      } catch (cause) {
        if (cause instanceof PipelineError) throw cause;
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
    async save(checkpoint) {
      try {
        await replaceFile(path, `${JSON.stringify(checkpoint)}\n`);
      } catch (error) {
        throw diskError(error, path, 'run');
      }
    },
    async close() {
      await unlock?.();
    },
  };
}

const inUse = (path: string, pid: number): PipelineError =>
  new PipelineError(
    'CONFIG_INVALID',
    `the checkpoint ${path} is in use by process ${pid}: stop that one, or give each run a folder of its own`,
  );

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
