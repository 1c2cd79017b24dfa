import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** What files were like: times and sizes, by path. */
export type Snapshot = string;

/** What is looked at. */
export interface Watched {
  /** All scripts in them, but not below them: what runs writes its data beside them, all the time. */
  readonly folders: Iterable<string>;
  /** Files of any kind. */
  readonly files?: Iterable<string>;
}

const SCRIPT = /\.[cm]?[jt]sx?$/;

export async function snapshotOf({ folders, files = [] }: Watched): Promise<Snapshot> {
  const scripts = [...new Set(folders)].map(async (folder) => {
    const names = await readdir(folder).catch(() => []);
    return names.filter((name) => SCRIPT.test(name)).map((name) => join(folder, name));
  });
  const paths = new Set([...(await Promise.all(scripts)).flat(), ...files]);
  const lines = [...paths].toSorted().map(async (path) => {
    const found = await stat(path).catch(() => undefined);
    return found?.isFile() === true ? `${path} ${found.mtimeMs} ${found.size}` : '';
  });
  return (await Promise.all(lines)).join('\n');
}

const LOOK_MS = 300;

/**
 * Resolves when these files are no longer like that, and have stopped changing; or at the stop. It looks at
 * the files and waits for no notices of them: those are not to be had everywhere.
 */
export async function untilChanged(watched: Watched, before: Snapshot, stop: AbortSignal): Promise<void> {
  let last = before;
  let isChanged = false;
  while (!stop.aborted) {
    await sleep(LOOK_MS, undefined, { signal: stop }).catch(() => undefined);
    const now = await snapshotOf(watched);
    if (isChanged && now === last) return;
    isChanged = now !== before;
    last = now;
  }
}
