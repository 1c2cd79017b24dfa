import { lstat, open, rename, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { asyncScheduler } from 'rxjs';
import { hasCode } from '../../disk/disk-errors.ts';
import { COMPRESSED_ENDINGS } from './compression.ts';
import { cameMs } from './live-file.ts';
import type { LiveFile, Lines } from './live-file.ts';
import type { NameTemplate } from './name-template.ts';
import { firstLineEnd, lastLineEnd, lengthOf } from './pieces.ts';
import { rotatedName } from './rotated-name.ts';

export interface RotateOptions {
  /** A file never grows above so many bytes, except by a single line that is longer. */
  readonly bytes?: number;
  /** A file is put aside so long after its first line. */
  readonly everyMs?: number;
}

/** By RxJS's clock, which a replay sets. */
export function isOld({ bytes, bornMs }: LiveFile, { everyMs = Infinity }: RotateOptions): boolean {
  return bytes > 0 && asyncScheduler.now() - bornMs >= everyMs;
}

/** How many bytes of lines still belong into the file, by its size and its age: 0 when not even one line does. */
export function fitting(file: LiveFile, lines: Lines, rotate: RotateOptions): number {
  return Math.min(roomFor(file, lines, rotate.bytes), youngBytes(file, lines, rotate.everyMs));
}

/** The bytes of the lines that came before the file was to be put aside. */
function youngBytes(file: LiveFile, lines: Lines, everyMs: number = Infinity): number {
  const { pieces, times } = lines;
  const bornMs = file.bytes === 0 ? cameMs(lines) : file.bornMs;
  const skipped = times.length - pieces.length;
  const old = pieces.findIndex((_, i) => times[skipped + i]! - bornMs >= everyMs);
  return lengthOf(old < 0 ? pieces : pieces.slice(0, old));
}

function roomFor(file: LiveFile, { pieces }: Lines, limit: number = Infinity): number {
  const bytes = lengthOf(pieces);
  const room = limit - file.bytes;
  if (bytes <= room) return bytes;
  const end = room > 0 ? lastLineEnd(pieces, room) : 0;
  return end === 0 && file.bytes === 0 ? firstLineEnd(pieces) : end;
}

/** Whether a file is to be put aside before more comes. */
export const isDue = (file: LiveFile, rotate: RotateOptions): boolean =>
  isOld(file, rotate) || file.bytes >= (rotate.bytes ?? Infinity);

/** Moves files aside under names that sort by the time given and are never taken; returns the new path. */
export function rotator(template: NameTemplate): (path: string, atMs: number) => Promise<string> {
  let lastMs = 0;

  /** An empty file, which `rename` then replaces: `rename` alone would replace anybody's. */
  const reserve = async (path: string, atMs: number): Promise<string> => {
    for (lastMs = Math.max(Math.trunc(atMs), lastMs + 1); ; lastMs += 1) {
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

  return async (path, atMs) => {
    const target = await reserve(path, atMs);
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
