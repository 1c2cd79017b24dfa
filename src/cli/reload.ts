import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { inTurn } from '../core/in-turn.ts';
import { messageOf } from '../core/errors.ts';
import { watchBundle } from './bundle.ts';
import type { Bundle } from './bundle.ts';
import type { Fleet } from './fleet.ts';
import { bundleFolder, checkNames, codeOf, loadBundle } from './load.ts';
import type { LoadedFile } from './load.ts';
import type { Log } from './log.ts';
import { displayPath, fileError } from './place.ts';
import { typeCheck } from './type-check.ts';

/** A file that waits for something when it is loaded is given up after so long. */
const LOAD_MS = 30_000;

/**
 * Whenever a file, or one that it imports, has changed: loads it, checks its types, and lets its pipelines take the place
 * of those it had. One with an error changes nothing but for what is said. Settles at the stop.
 */
export async function reloadFiles(
  files: readonly LoadedFile[],
  fleet: Fleet,
  log: Log,
  stop: AbortSignal,
): Promise<void> {
  const running = new Map(files.map((file) => [file.path, file]));
  const oneByOne = inTurn();
  const { folder, remove } = await bundleFolder();
  const isStopped = (): boolean => stop.aborted;
  const replace = async (file: LoadedFile, before: () => Promise<LoadedFile>): Promise<void> => {
    const { path } = file;
    if (isStopped()) return;
    checkNames([...running.values()].map((other) => (other.path === path ? file : other)));
    log.info(`${displayPath(path)} has changed: its pipelines are run anew`);
    running.set(path, file);
    const isWell = await fleet.replace(file);
    if (isWell || isStopped()) return;
    const former = await before();
    running.set(path, former);
    await fleet.replace(former);
    throw new Error(`${displayPath(path)}: a pipeline of it failed at once`);
  };
  try {
    await Promise.all(
      files.map(({ path }, i) =>
        follow(path, join(folder, String(i)), running, {
          log,
          stop,
          replace: (file, before) => oneByOne(() => replace(file, before)),
        }),
      ),
    );
  } finally {
    remove();
  }
}

interface Following {
  readonly log: Log;
  readonly stop: AbortSignal;
  /** Runs it; where that fails at once, what it was `before`. */
  readonly replace: (file: LoadedFile, before: () => Promise<LoadedFile>) => Promise<void>;
}

async function follow(
  path: string,
  outfile: string,
  running: ReadonlyMap<string, LoadedFile>,
  { log, stop, replace }: Following,
): Promise<void> {
  const name = displayPath(path);
  const changes = newestOf<Bundle | Error>(stop);
  const watching = watchBundle(path, `${outfile}.mjs`, changes.put, stop);
  log.info(`watching ${name} and what it imports`);
  let loads = 0;
  const load = (bundled: Bundle): Promise<LoadedFile> => {
    loads += 1;
    return within(LOAD_MS, stop, path, loadBundle(path, `${outfile}-${loads}.mjs`, bundled));
  };
  let lastError = '';
  const wrong = (error: string): void => {
    if (error !== lastError) log.error(`${error}\n  not reloaded: ${name} runs on as it was`);
    lastError = error;
  };
  const checkTypes = typeChecker(log);
  try {
    for (;;) {
      const bundled = await changes.take();
      if (bundled === undefined) return;
      if (bundled instanceof Error) {
        wrong(bundled.message);
        continue;
      }
      const { bundled: before } = running.get(path)!;
      if (codeOf(bundled) === codeOf(before)) {
        if (lastError !== '') log.info(`${name} is again as it runs`);
        lastError = '';
        continue;
      }
      try {
        const file = await load(bundled);
        await checkTypes(path);
        // What has changed meanwhile was not checked.
        if (changes.isWaiting()) continue;
        await replace(file, () => load(before));
        lastError = '';
      } catch (error) {
        if (stop.aborted) return;
        wrong(messageOf(error));
      }
    }
  } finally {
    await watching;
  }
}

/** Keeps the newest of what is put until it is taken; nothing is to be taken any more after the stop. */
function newestOf<T>(stop: AbortSignal): {
  readonly put: (value: T) => void;
  readonly take: () => Promise<T | undefined>;
  readonly isWaiting: () => boolean;
} {
  let newest: T | undefined;
  let wake: () => void = () => undefined;
  stop.addEventListener('abort', () => wake(), { once: true });
  return {
    put(value) {
      newest = value;
      wake();
    },
    async take() {
      if (newest === undefined && !stop.aborted) await new Promise<void>((resolve) => (wake = resolve));
      const taken = stop.aborted ? undefined : newest;
      newest = undefined;
      return taken;
    },
    isWaiting: () => newest !== undefined,
  };
}

/** A file that is still being loaded at the stop is not waited for. */
async function within<T>(ms: number, stop: AbortSignal, path: string, loading: Promise<T>): Promise<T> {
  const waited = new AbortController();
  const signal = AbortSignal.any([waited.signal, stop]);
  const late = sleep(ms, undefined, { signal, ref: false }).then(() => {
    throw fileError(
      { file: path },
      `is not loaded after ${ms / 1000} s: its top-level await does not settle`,
    );
  });
  // Given up where the file is loaded.
  late.catch(() => undefined);
  try {
    return await Promise.race([loading, late]);
  } finally {
    waited.abort();
  }
}

/** Throws what the compiler says; where there is none, says so once. */
function typeChecker(log: Log): (path: string) => Promise<void> {
  let isMissing = false;
  return async (path) => {
    if (isMissing) return;
    let errors: readonly string[];
    try {
      errors = await typeCheck([path]);
    } catch (error) {
      isMissing = true;
      log.warn(messageOf(error));
      return;
    }
    if (errors.length > 0) throw new Error(errors.join('\n'));
  };
}
