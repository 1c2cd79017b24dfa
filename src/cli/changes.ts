import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** What files were like: times and sizes, by path. */
export type Snapshot = string;

/** What runs writes its data beside them, all the time. */
const SCRIPT = /\.[cm]?[jt]sx?$/;

/** Of all scripts in these folders, but not below them. */
export async function snapshotOf(folders: Iterable<string>): Promise<Snapshot> {
  const all = [...new Set(folders)].map(async (folder) => {
    const names = await readdir(folder).catch(() => []);
    const scripts = names.filter((name) => SCRIPT.test(name)).toSorted();
    const lines = scripts.map(async (name) => {
      const path = join(folder, name);
      const found = await stat(path).catch(() => undefined);
      return found?.isFile() === true ? `${path} ${found.mtimeMs} ${found.size}` : '';
    });
    return (await Promise.all(lines)).join('\n');
  });
  return (await Promise.all(all)).join('\n');
}

const LOOK_MS = 300;

/**
 * Resolves when the files in these folders are no longer like that, and have stopped changing; or at the stop. It looks at
 * the files and waits for no notices of them: those are not to be had everywhere.
 */
export async function untilChanged(
  folders: readonly string[],
  before: Snapshot,
  stop: AbortSignal,
): Promise<void> {
  let last = before;
  let isChanged = false;
  while (!stop.aborted) {
    await sleep(LOOK_MS, undefined, { signal: stop }).catch(() => undefined);
    const now = await snapshotOf(folders);
    if (isChanged && now === last) return;
    isChanged = now !== before;
    last = now;
  }
}
