import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { oomKillsIn } from '../../records/cgroup-event.ts';

// Synchronous: the kernel has all of this in memory, and a way through the thread pool costs ten times the call.

export interface Directory {
  readonly inode: number;
  /** When the kernel made it, or last loaded it: it keeps no other time. */
  readonly madeMs: number;
  /** It has no directories in it: it is known without reading the some fifty files. */
  readonly isLeaf: boolean;
}

/** The directory there; nothing where there is none any more. */
export function directoryAt(path: string): Directory | undefined {
  const found = unlessGone(() => lstatSync(path));
  if (found?.isDirectory() !== true) return undefined;
  return { inode: found.ino, madeMs: found.mtimeMs, isLeaf: found.nlink === 2 };
}

export function directoriesIn(path: string): readonly string[] {
  const entries = unlessGone(() => readdirSync(path, { withFileTypes: true })) ?? [];
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
}

/** What a counter file says; nothing where there is none. */
export function killsAt(path: string): number | undefined {
  const text = unlessGone(() => readFileSync(path, 'utf8'));
  return text === undefined ? undefined : oomKillsIn(text);
}

const GONE = ['ENOENT', 'ENODEV', 'ENOTDIR'];

/** Cgroups come and go at any moment: what was there a moment ago is no error. */
function unlessGone<R>(read: () => R): R | undefined {
  try {
    return read();
  } catch (error) {
    if (GONE.includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}
