import { mkdir, open, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { hasCode } from './disk-errors.ts';

const MODE = 0o750;

/** Makes a folder and those it is in, unless it is there. `mkdir`'s own way tells a wrong reason where it cannot. */
export async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { mode: MODE });
  } catch (error) {
    if (hasCode(error, 'EEXIST') && (await stat(folder)).isDirectory()) return;
    if (!hasCode(error, 'ENOENT') || folder === dirname(folder)) throw error;
    await makeFolder(dirname(folder));
    await mkdir(folder, { mode: MODE });
  }
}

/** Makes the names in a folder durable. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
