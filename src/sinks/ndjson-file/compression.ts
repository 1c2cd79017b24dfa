import { createReadStream, createWriteStream } from 'node:fs';
import { rename, rm, stat, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import * as zlib from 'node:zlib';
import { syncFolder } from '../../disk/folder.ts';

export type Compression = 'gzip' | 'zstd';

/** What compressed files are called; what is not finished has `.part` behind. */
const ENDINGS: Readonly<Record<Compression, string>> = { gzip: '.gz', zstd: '.zst' };
export const COMPRESSED_ENDINGS: readonly string[] = Object.values(ENDINGS);

/** Since Node 22.15. */
const { createZstdCompress } = zlib as { createZstdCompress?: () => Transform };

/** Whether this Node can. */
export function canCompress(compression: Compression): boolean {
  return compression === 'gzip' || createZstdCompress !== undefined;
}

// Level 1 costs less than half of the time of level 6 for a sixth more bytes.
const compressor = (compression: Compression): Transform =>
  compression === 'gzip' ? zlib.createGzip({ level: 1 }) : createZstdCompress!();

/** Puts a compressed file in the place of a file, at once and durably; on a failure the file stays as it was. */
export async function compressFile(
  path: string,
  compression: Compression,
  signal: AbortSignal,
): Promise<void> {
  const target = path + ENDINGS[compression];
  const part = `${target}.part`;
  let read: number;
  do {
    try {
      await rm(part, { force: true });
      const from = createReadStream(path);
      const to = createWriteStream(part, { flags: 'wx', mode: 0o640, flush: true });
      await pipeline(from, compressor(compression), to, { signal });
      read = from.bytesRead;
      await rename(part, target);
    } catch (error) {
      await rm(part, { force: true });
      throw error;
    }
    await syncFolder(dirname(path));
    // Another process that has not noticed yet that the file was put aside may have written to it.
  } while ((await stat(path)).size !== read);
  await unlink(path);
}
