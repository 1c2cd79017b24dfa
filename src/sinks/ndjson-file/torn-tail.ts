import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

const BLOCK = 64 * 1024;
const STILL_MS = 250;

/**
 * Cuts off the last line where a crash has left it without its end, and keeps it aside in `PATH.torn`.
 * Returns how many bytes it had; 0 when the file is whole.
 */
export async function repairTornTail(file: FileHandle, path: string): Promise<number> {
  for (;;) {
    const { size } = await file.stat();
    const start = await lastLineEnd(file, size);
    if (start === size) return 0;
    // Somebody else may be writing that line at this moment.
    await sleep(STILL_MS);
    if ((await file.stat()).size !== size) continue;
    await keepAside(file, start, size, `${path}.torn`);
    await file.truncate(start);
    return size - start;
  }
}

/** Where the last whole line ends: behind the last line break, 0 without one. */
async function lastLineEnd(file: FileHandle, size: number): Promise<number> {
  const block = Buffer.alloc(BLOCK);
  const atEnd = size > 0 && (await file.read(block, 0, 1, size - 1)).bytesRead === 1 && block[0] === 10;
  if (atEnd) return size;
  for (let end = size; end > 0; end -= BLOCK) {
    const from = Math.max(0, end - BLOCK);
    const { bytesRead } = await file.read(block, 0, end - from, from);
    const found = block.subarray(0, bytesRead).lastIndexOf(10);
    if (found !== -1) return from + found + 1;
  }
  return 0;
}

/** Appends a part of a file to another one, as whole lines. */
export async function keepAside(file: FileHandle, from: number, to: number, path: string): Promise<void> {
  const { O_WRONLY, O_APPEND, O_CREAT, O_NOFOLLOW } = constants;
  const aside = await open(path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW, 0o640);
  try {
    const block = Buffer.alloc(BLOCK);
    let last = 10;
    for (let at = from; at < to;) {
      const { bytesRead } = await file.read(block, 0, Math.min(BLOCK, to - at), at);
      if (bytesRead === 0) break;
      await aside.appendFile(block.subarray(0, bytesRead));
      last = block[bytesRead - 1]!;
      at += bytesRead;
    }
    if (last !== 10) await aside.appendFile('\n');
    await aside.sync();
  } finally {
    await aside.close();
  }
}
