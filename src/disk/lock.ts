import { readFile, readlink, rename, symlink, unlink } from 'node:fs/promises';
import { hasCode } from './disk-errors.ts';

/**
 * Takes a lock for this process; returns how to give it back, or the number of the process that has it. It is a link
 * that leads nowhere and names its process: made with what it says, at once. That of a dead process is taken over.
 * Processes that do not see each other, as in two containers, take each other for dead.
 */
export async function takeLock(path: string): Promise<(() => Promise<unknown>) | number> {
  const own = `${process.pid}@${(await startOf(process.pid)) ?? ''}`;
  for (;;) {
    try {
      await symlink(own, path);
      return () => whileThere(unlink(path));
    } catch (error) {
      if (!hasCode(error, 'EEXIST')) throw error;
    }
    const holder = await whileThere(readlink(path));
    if (holder === undefined) continue;
    if (await isAlive(holder)) return Number(holder.split('@')[0]);
    await takeAway(path, holder, own);
  }
}

/** Takes a dead process's lock away, unless another process has been faster. */
async function takeAway(path: string, holder: string, own: string): Promise<void> {
  const aside = `${path}.${own}`;
  await whileThere(rename(path, aside));
  const taken = await whileThere(readlink(aside));
  if (taken !== undefined && taken !== holder) await symlink(taken, path).catch(() => undefined);
  await whileThere(unlink(aside));
}

async function isAlive(holder: string): Promise<boolean> {
  const [pid, started = ''] = holder.split('@');
  if (!(Number(pid) > 0)) return false;
  try {
    process.kill(Number(pid), 0);
  } catch (error) {
    // Somebody else's process is alive too.
    if (!hasCode(error, 'EPERM')) return false;
  }
  // Another process may have the number by now: in a container, always the same one.
  const start = await startOf(Number(pid));
  return start === undefined || started === '' || start === started;
}

/** When a process began, in the system's own count; nothing where the system does not tell. */
async function startOf(pid: number): Promise<string | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  // The name of the program, in parentheses, may have spaces and parentheses.
  return text?.slice(text.lastIndexOf(')') + 2).split(' ')[19];
}

const whileThere = <R>(found: Promise<R>): Promise<R | undefined> =>
  found.catch((error: unknown) => {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  });
