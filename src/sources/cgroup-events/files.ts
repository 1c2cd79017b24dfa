import { lstat, readdir, readFile } from 'node:fs/promises';
import { oomKillsIn } from '../../records/cgroup-event.ts';

export interface Directory {
  readonly inode: number;
  /** When the kernel made it, or last loaded it: it keeps no other time. */
  readonly madeMs: number;
  /** It has no directories in it: it is known without reading the some fifty files. */
  readonly isLeaf: boolean;
}

/** The directory there; nothing where there is none any more. */
export async function directoryAt(path: string): Promise<Directory | undefined> {
  const found = await unlessGone(lstat(path));
  if (found?.isDirectory() !== true) return undefined;
  return { inode: found.ino, madeMs: found.mtimeMs, isLeaf: found.nlink === 2 };
}

export async function directoriesIn(path: string): Promise<readonly string[]> {
  const entries = (await unlessGone(readdir(path, { withFileTypes: true }))) ?? [];
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
}

/** What a counter file says; nothing where there is none. */
export async function killsAt(path: string): Promise<number | undefined> {
  const text = await unlessGone(readFile(path, 'utf8'));
  return text === undefined ? undefined : oomKillsIn(text);
}

/** Cgroups come and go at any moment: what was there a moment ago is no error. */
const unlessGone = <R>(reading: Promise<R>): Promise<R | undefined> =>
  reading.catch((error: unknown) => {
    if (GONE.includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  });

const GONE = ['ENOENT', 'ENODEV', 'ENOTDIR'];
