import { lstat, open, rename, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { asyncScheduler } from 'rxjs';
import { hasCode } from '../../disk/disk-errors.ts';
import { COMPRESSED_ENDINGS } from './compression.ts';
import { cameMs } from './live-file.ts';
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

/** By RxJS's clock, which a replay sets. */
export function isOld({ bytes, bornMs }: LiveFile, { everyMs = Infinity }: RotateOptions): boolean {
  return bytes > 0 && asyncScheduler.now() - bornMs >= everyMs;
}

/**
 * How many bytes of lines still belong into the file, by its size and its age: 0 when not even one line does. What came
 * before there is a name for it to be put aside under does, whatever its size.
 */
export function fitting(file: LiveFile, lines: Lines, rotate: RotateOptions, nextNameMs: number): number {
  const bornMs = file.bytes === 0 ? cameMs(lines) : file.bornMs;
  const young = bytesBefore(lines, bornMs + (rotate.everyMs ?? Infinity));
  return Math.min(young, Math.max(roomFor(file, lines, rotate.bytes), bytesBefore(lines, nextNameMs)));
}

/** The bytes of the first lines, up to one that came at that time or later. */
function bytesBefore({ pieces, times }: Lines, atMs: number): number {
  const skipped = times.length - pieces.length;
  const later = pieces.findIndex((_, i) => times[skipped + i]! >= atMs);
  return lengthOf(later < 0 ? pieces : pieces.slice(0, later));
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

export interface Rotator {
  /** Moves a file aside under a name that sorts by the time given and was never taken; returns the new path. */
  readonly moveAside: (path: string, atMs: number) => Promise<string>;
  /** From when on there is a name for the next one: one in seconds serves one file a second. */
  readonly nextNameMs: () => number;
}

export function rotator(template: NameTemplate): Rotator {
  const stepMs = nameStepMs(template);
  let lastMs = 0;

  /** An empty file, which `rename` then replaces: `rename` alone would replace anybody's. */
  const reserve = async (path: string, atMs: number): Promise<string> => {
    for (lastMs = Math.max(Math.trunc(atMs), lastMs + stepMs); ; lastMs += stepMs) {
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

  const moveAside = async (path: string, atMs: number): Promise<string> => {
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
  return { moveAside, nextNameMs: () => (stepMs === 1 ? -Infinity : lastMs + stepMs) };
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
