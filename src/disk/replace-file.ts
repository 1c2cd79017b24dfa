import { open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { syncFolder } from './folder.ts';

/** Replaces a file as a whole, durably: after a crash there is the old one or the new one, never a part. */
export async function replaceFile(path: string, text: string): Promise<void> {
  const fresh = `${path}.new`;
  const handle = await open(fresh, 'w', 0o640);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(fresh, path);
  await syncFolder(dirname(path));
}
