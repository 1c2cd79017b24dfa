import { lstat, mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { isAbsolute, join } from 'node:path';

/**
 * Where this user's processes may have their sockets, the best first: a service and a shell of the same user need not have
 * the same environment, so who looks for a socket looks in all of them.
 */
export function socketFolders(): readonly string[] {
  const runtime = process.env['XDG_RUNTIME_DIR'];
  return [
    ...(runtime !== undefined && isAbsolute(runtime) ? [join(runtime, 'dockrx')] : []),
    join(tmpdir(), `dockrx-${process.getuid?.() ?? 'user'}`),
  ];
}

/** Makes the folder, or takes the one that is there. Throws where another user could look into it, or has put it there. */
export async function makePrivate(folder: string): Promise<void> {
  await mkdir(folder, { mode: 0o700 }).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  });
  await checkPrivate(folder);
}

export async function checkPrivate(folder: string): Promise<void> {
  // A link could be led elsewhere after it was looked at.
  const found = await lstat(folder);
  if (!found.isDirectory()) throw new Error(`${folder} is no folder: remove it`);
  if (found.uid !== process.getuid?.()) throw new Error(`${folder} belongs to another user: it is not used`);
  if ((found.mode & 0o077) !== 0) throw new Error(`${folder} is open to others: chmod 700 ${folder}`);
}
