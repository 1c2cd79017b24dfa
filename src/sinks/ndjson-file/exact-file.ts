import type { Json } from '../../core/types.ts';
import { diskError } from '../../disk/disk-errors.ts';
import type { LineWriter } from './line-writer.ts';
import type { LiveFiles } from './live-files.ts';
import { isDue } from './rotation.ts';
import type { RotateOptions } from './rotation.ts';

/** The one file of a sink that writes each record exactly once. */
export interface ExactFile {
  /** Makes it durable, puts it aside if it is due, and tells where the file ends that then is the live one. */
  readonly checkpoint: () => Promise<Json>;
  /** The checkpoint is durable: what was put aside before it will not be taken back. */
  readonly kept: (state: Json) => void;
  /** Whether a file put aside may still have to be taken back. */
  readonly isHeld: (path: string) => boolean;
}

/**
 * Rotates at checkpoints only, and not again before one has been kept since: so a crash leaves at most one file to be
 * taken back. `released` is called when a file put aside is free.
 */
export function exactFile(
  path: string,
  rotate: RotateOptions,
  files: LiveFiles,
  lines: LineWriter,
  released: () => void,
): ExactFile {
  let held: string | undefined;
  let told: Json;
  return {
    async checkpoint() {
      try {
        await files.syncAll();
        if (held === undefined) held = await lines.rotateIf(path, (file) => isDue(file, rotate));
        const { inode, bytes } = await files.at(path);
        return (told = { inode: String(inode), bytes });
      } catch (error) {
        throw diskError(error, path, 'run');
      }
    },
    kept(state) {
      if (state !== told || held === undefined) return;
      held = undefined;
      released();
    },
    isHeld: (rotated) => rotated === held,
  };
}
