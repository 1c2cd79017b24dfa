import { lstat, open, rename, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { hasCode } from '../../disk/disk-errors.ts';
import { COMPRESSED_ENDINGS } from './compression.ts';
import type { LiveFile, Lines } from './live-file.ts';
import type { NameTemplate } from './name-template.ts';
import { firstLineEnd, lastLineEnd, lengthOf } from './pieces.ts';
import { nameStepMs, rotatedName } from './rotated-name.ts';

export interface RotateOptions {
  /** A file never grows above so many bytes, except by a single line that is longer. */
  readonly bytes?: number;
  /** A file is put aside so long after its first line. */
  readonly everyMs?: number;
}

export function isOld({ bytes, bornMs }: LiveFile, { everyMs = Infinity }: RotateOptions): boolean {
  return bytes > 0 && Date.now() - bornMs >= everyMs;
}

/** How many bytes of lines still fit into the file: 0 when not even one line does. */
export function fitting(file: LiveFile, { pieces }: Lines, limit: number = Infinity): number {
  const bytes = lengthOf(pieces);
  const room = limit - file.bytes;
  if (bytes <= room) return bytes;
  const end = room > 0 ? lastLineEnd(pieces, room) : 0;
  return end === 0 && file.bytes === 0 ? firstLineEnd(pieces) : end;
}

/** Whether a file is to be put aside before more comes. */
export const isDue = (file: LiveFile, rotate: RotateOptions): boolean =>
  isOld(file, rotate) || file.bytes >= (rotate.bytes ?? Infinity);

export interface Rotator {
  /** Moves a file aside under a name that sorts by time and was never taken; returns the new path. */
  readonly moveAside: (path: string) => Promise<string>;
  /** Whether there is a name for this moment: one in seconds serves one file a second. */
  readonly hasName: () => boolean;
}

export function rotator(template: NameTemplate): Rotator {
  const stepMs = nameStepMs(template);
  let lastMs = 0;

  /** An empty file, which `rename` then replaces: `rename` alone would replace anybody's. */
  const reserve = async (path: string): Promise<string> => {
    for (lastMs = Math.max(Date.now(), lastMs + stepMs); ; lastMs += stepMs) {
      const target = join(dirname(path), rotatedName(basename(path), template, lastMs));
      if (await anyExists(COMPRESSED_ENDINGS.map((ending) => target + ending))) continue;
      try {
        await (await open(target, 'wx', 0o640)).close();
        return target;
      } catch (error) {
        if (!hasCode(error, 'EEXIST')) throw error;
      }
    }
  };

  const moveAside = async (path: string): Promise<string> => {
    const target = await reserve(path);
    try {
      await rename(path, target);
      return target;
    } catch (error) {
      await unlink(target);
      // Moved away by somebody else in this moment.
      if (!hasCode(error, 'ENOENT')) throw error;
      return target;
    }
  };
  return { moveAside, hasName: () => stepMs === 1 || Date.now() - lastMs >= stepMs };
}

async function anyExists(paths: readonly string[]): Promise<boolean> {
  for (const path of paths)
    if (
      await lstat(path).then(
        () => true,
        () => false,
      )
    )
      return true;
  return false;
}
