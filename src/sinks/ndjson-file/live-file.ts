import { constants } from 'node:fs';
import { lstat, open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { PipelineError } from '../../core/errors.ts';
import { hasCode } from '../../disk/disk-errors.ts';
import { makeFolderBelow } from './folder-below.ts';
import { bornMs } from './own-files.ts';
import { lastLineEnd, splitAt } from './pieces.ts';
import type { Pieces } from './pieces.ts';
import { repairTornTail } from './torn-tail.ts';

/** A file being written, and what we know of it since we last looked. It always ends with a line break. */
export interface LiveFile {
  readonly path: string;
  readonly handle: FileHandle;
  readonly device: bigint;
  readonly inode: bigint;
  bytes: number;
  /** When its first line was written. */
  bornMs: number;
  lookedMs: number;
  /** Whether lines have been written since the last sync. */
  dirty: boolean;
}

/** Whole lines on their way into a file: those not written yet. */
export interface Lines {
  readonly path: string;
  pieces: Pieces;
  /** When the lines of each piece came: the last belongs to the last piece. */
  readonly times: readonly number[];
}

/** When the first of the lines came. */
export const cameMs = ({ pieces, times }: Lines): number => times[times.length - pieces.length]!;

const FILE_MODE = 0o640;

/** Opens a file below the base folder for appending, with the folders on its way, and repairs its torn end. */
export async function openLiveFile(
  path: string,
  base: string,
  tell: (message: string) => void,
): Promise<LiveFile> {
  await makeFolderBelow(dirname(path), base);
  const handle = await openRegular(path);
  try {
    const torn = await repairTornTail(handle, path);
    if (torn > 0)
      tell(`${path} ended in the middle of a line: its last ${torn} bytes are in ${path}.torn now`);
    const { dev, ino, size } = await handle.stat({ bigint: true });
    const born = bornMs(await handle.stat());
    return {
      path,
      handle,
      device: dev,
      inode: ino,
      bytes: Number(size),
      bornMs: born,
      lookedMs: Date.now(),
      dirty: false,
    };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** Looks whether the file is still the one at its path, and how long it is. */
export async function isInPlace(file: LiveFile): Promise<boolean> {
  file.lookedMs = Date.now();
  try {
    const { dev, ino, size } = await lstat(file.path, { bigint: true });
    if (dev !== file.device || ino !== file.inode) return false;
    file.bytes = Number(size);
    return true;
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return false;
    throw error;
  }
}

/** True once nothing leads to it any more: what was written to it is gone. */
export async function isDeleted({ handle }: LiveFile): Promise<boolean> {
  return (await handle.stat()).nlink === 0;
}

/**
 * Writes the lines of the first so many bytes. Where that fails, whole lines written stay and count,
 * and what was written of the next one is taken back.
 */
export async function append(file: LiveFile, lines: Lines, bytes: number, sync: boolean): Promise<void> {
  const [now, later] = splitAt(lines.pieces, bytes);
  const bornMs = cameMs(lines);
  let written = 0;
  try {
    for (let rest = now; rest.length > 0; [, rest] = splitAt(now, written))
      written += (await file.handle.writev(rest)).bytesWritten;
    if (sync) await file.handle.datasync();
  } catch (error) {
    // What was written and could not be synced may be lost: all of it is written again.
    const whole = written === bytes ? 0 : lastLineEnd(now, written);
    [, lines.pieces] = splitAt(lines.pieces, whole);
    const [torn] = splitAt(lines.pieces, written - whole);
    await takeBack(file.handle, Buffer.concat(torn));
    throw error;
  }
  if (file.bytes === 0) file.bornMs = bornMs;
  file.bytes += bytes;
  file.dirty = !sync;
  lines.pieces = later;
}

export async function closeLiveFile(file: LiveFile, sync: boolean): Promise<void> {
  try {
    if (sync && file.dirty) await file.handle.sync();
  } finally {
    await file.handle.close();
  }
}

/** Cuts these bytes off the file's end, if they are there: others may write to it, or truncate it. */
async function takeBack(handle: FileHandle, bytes: Buffer): Promise<void> {
  if (bytes.length === 0) return;
  const start = (await handle.stat()).size - bytes.length;
  if (start < 0) return;
  const end = Buffer.alloc(bytes.length);
  await handle.read(end, 0, end.length, start);
  if (end.equals(bytes)) await handle.truncate(start);
}

async function openRegular(path: string): Promise<FileHandle> {
  const { O_RDWR, O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK } = constants;
  let handle: FileHandle;
  try {
    handle = await open(path, O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK, FILE_MODE);
  } catch (error) {
    if (hasCode(error, 'ELOOP'))
      throw refused(`${path} is a symbolic link: remove it, or name the file it leads to`);
    throw error;
  }
  if ((await handle.stat()).isFile()) return handle;
  await handle.close();
  throw refused(`${path} is no regular file: remove it, or choose another path`);
}

const refused = (message: string): PipelineError =>
  new PipelineError('SINK_REFUSED', `ndjsonFile: ${message}`);
