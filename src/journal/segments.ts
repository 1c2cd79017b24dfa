import { open, readdir, rename, stat, unlink } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { PipelineError } from '../core/errors.ts';
import { hasCode } from '../disk/disk-errors.ts';
import { encodeHeader, HEADER_BYTES, MAX_FRAME_BYTES, frameEnd, readHeader, SHORT } from './format.ts';

/** A file of the journal. */
export interface Segment {
  readonly path: string;
  /** The number of its first record. */
  readonly first: number;
  /** How far it has been written for good. */
  bytes: number;
  /** When its last record came, or a little later. */
  lastMs: number;
}

/** What has been cut out of a segment because it was damaged. */
export interface Aside {
  readonly path: string;
  readonly bytes: number;
  readonly lastMs: number;
}

export interface Folder {
  /** By the numbers of their records. */
  readonly segments: readonly Segment[];
  /** Oldest first. */
  readonly asides: readonly Aside[];
}

const SEGMENT = /^(\d{16})\.segment$/;
const ASIDE = /^\d{16}\.segment\.\d+\.corrupt$/;
const UNFINISHED = /^\d{16}\.segment\.tmp$/;
const CHUNK_BYTES = 256 * 1024;
export const FILE_MODE = 0o640;

export const segmentPath = (dir: string, first: number): string =>
  join(dir, `${String(first).padStart(16, '0')}.segment`);

/** What of the folder is the journal's; other files are left alone. Removes what a crash has left unfinished. */
export async function listFolder(dir: string): Promise<Folder> {
  const segments: Segment[] = [];
  const asides: Aside[] = [];
  for (const entry of await readdir(dir, { withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(dir, entry.name);
    if (UNFINISHED.test(entry.name)) await unlink(path);
    const first = SEGMENT.exec(entry.name)?.[1];
    if (first === undefined && !ASIDE.test(entry.name)) continue;
    const { size: bytes, mtimeMs: lastMs } = await stat(path);
    if (first === undefined) asides.push({ path, bytes, lastMs });
    else segments.push({ path, first: Number(first), bytes, lastMs });
  }
  return {
    segments: segments.sort((a, b) => a.first - b.first),
    asides: asides.sort((a, b) => a.lastMs - b.lastMs),
  };
}

/** Whether the segment's header is whole. Refuses one of a version that is not ours to read. */
export async function hasHeader({ path, first }: Segment): Promise<boolean> {
  const header = readHeader(await withFile(path, 'r', (file) => readAt(file, 0, HEADER_BYTES)));
  if (header === undefined) return false;
  if ('first' in header) return header.first === first;
  throw new PipelineError(
    'SOURCE_REFUSED',
    `journaled: ${path} is of version ${header.version}, which this dockrx cannot read: use a newer one, or another dir`,
  );
}

/** A segment that holds the bytes of another from a place on; it is there as a whole or not at all. */
export async function copySegment(
  from: FileHandle,
  at: number,
  to: number,
  segment: { readonly path: string; readonly first: number; readonly madeMs: number },
): Promise<void> {
  const unfinished = `${segment.path}.tmp`;
  await withFile(unfinished, 'w', async (file) => {
    await writeAt(file, encodeHeader(segment), 0);
    await copyBytes(from, at, to, file, HEADER_BYTES);
    await file.sync();
  });
  await rename(unfinished, segment.path);
}

export async function copyBytes(
  from: FileHandle,
  at: number,
  to: number,
  into: FileHandle,
  intoAt: number,
): Promise<void> {
  for (let done = 0; at + done < to;) {
    const bytes = await readAt(from, at + done, Math.min(CHUNK_BYTES, to - at - done));
    if (bytes.length === 0) return;
    await writeAt(into, bytes, intoAt + done);
    done += bytes.length;
  }
}

/** Frames from a place on, up to a limit: one at least, unless none ends before the limit. */
export async function readFrames(file: FileHandle, at: number, limit: number): Promise<Buffer> {
  const bytes = await readAt(file, at, Math.min(CHUNK_BYTES, limit - at));
  if (bytes.length < 4 || frameEnd(bytes, 0) !== SHORT) return bytes;
  const whole = bytes.readUInt32LE(0) + 8;
  return whole <= Math.min(limit - at, MAX_FRAME_BYTES + 8) ? readAt(file, at, whole) : bytes;
}

/** As many of the bytes as there are. */
export async function readAt(file: FileHandle, at: number, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(length);
  for (let done = 0; done < length;) {
    const { bytesRead } = await file.read(bytes, done, length - done, at + done);
    if (bytesRead === 0) return bytes.subarray(0, done);
    done += bytesRead;
  }
  return bytes;
}

/** At a fixed place: written again after an error, the bytes are there once. */
export async function writeAt(file: FileHandle, bytes: Buffer, at: number): Promise<void> {
  for (let done = 0; done < bytes.length;)
    done += (await file.write(bytes, done, bytes.length - done, at + done)).bytesWritten;
}

export async function withFile<R>(
  path: string,
  flags: string,
  use: (file: FileHandle) => Promise<R>,
): Promise<R> {
  const file = await open(path, flags, FILE_MODE);
  try {
    return await use(file);
  } finally {
    await file.close();
  }
}

/** Removes a file that may be gone already. */
export async function removeFile(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error;
  }
}
