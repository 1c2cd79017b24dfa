import { rmdir, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { hasCode } from '../../disk/disk-errors.ts';
import type { RotatedFile } from './own-files.ts';

export interface KeepOptions {
  /** Rotated files older than this are deleted. */
  readonly ms?: number;
  /** So many rotated files are kept, the newest. */
  readonly files?: number;
  /** Rotated files are kept up to so many bytes together, the newest. */
  readonly bytes?: number;
}

/** Which rotated files have to go. `rotated` is sorted oldest first. */
export function expired(
  rotated: readonly RotatedFile[],
  { ms = Infinity, files = Infinity, bytes = Infinity }: KeepOptions,
  nowMs: number,
): readonly RotatedFile[] {
  let count = 0;
  let total = 0;
  let full = false;
  return rotated
    .toReversed()
    .filter((file) => {
      count += 1;
      total += file.bytes;
      full ||= count > files || total > bytes;
      return full || nowMs - file.rotatedMs > ms;
    })
    .toReversed();
}

/** Deletes a file, and the folders up to the base folder that it leaves empty. */
export async function deleteFile(path: string, base: string): Promise<void> {
  try {
    await unlink(path);
    for (let folder = dirname(path); folder !== base; folder = dirname(folder)) await rmdir(folder);
  } catch (error) {
    if (!hasCode(error, 'ENOENT', 'ENOTEMPTY', 'EEXIST')) throw error;
  }
}
