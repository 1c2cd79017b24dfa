import { setTimeout as sleep } from 'node:timers/promises';
import { asyncScheduler } from 'rxjs';
import { messageOf } from '../../core/errors.ts';
import { hasCode } from '../../disk/disk-errors.ts';
import { compressFile } from './compression.ts';
import type { Compression } from './compression.ts';
import { listOwnFiles } from './own-files.ts';
import type { OwnFile, RotatedFile } from './own-files.ts';
import type { PathTemplate } from './path-template.ts';
import { deleteFile, expired } from './retention.ts';
import type { KeepOptions } from './retention.ts';

export interface UpkeepOptions {
  readonly template: PathTemplate;
  readonly compress: Compression | undefined;
  readonly keep: KeepOptions | undefined;
  /** Files that must stay as they are for now. */
  readonly isHeld: (path: string) => boolean;
  /** Puts a live file aside if it is due. */
  readonly rotateIfOld: (file: OwnFile) => Promise<void>;
  readonly remove: (path: string) => Promise<void>;
  readonly tell: (message: string) => void;
}

/** What is done to files besides writing them: in the background, one file at a time. */
export interface Upkeep {
  /** Goes over all files soon: puts old ones aside, deletes by `keep`, compresses. */
  readonly wake: () => void;
  /** Ends it; a compression that takes longer than {@link GRACE_MS} is left to the next start. */
  readonly stop: () => Promise<void>;
}

const GRACE_MS = 5000;

export function upkeep(options: UpkeepOptions): Upkeep {
  const { template, compress, keep, isHeld, rotateIfOld, remove, tell } = options;
  const abort = new AbortController();
  const stopped = (): boolean => abort.signal.aborted;
  let running: Promise<void> | undefined;
  let again = false;
  let told = '';

  const rotated = async (): Promise<readonly RotatedFile[]> =>
    (await listOwnFiles(template)).rotated.filter(({ part, path }) => !part && !isHeld(path));

  const compressAll = async (files: readonly RotatedFile[], how: Compression): Promise<void> => {
    for (const { path, compressed } of files)
      if (compressed === '')
        await compressFile(path, how, abort.signal).catch((error: unknown) => {
          // Gone: deleted by hand, or compressed by another process.
          if (!hasCode(error, 'ENOENT'))
            throw new Error(`cannot compress ${path}: ${messageOf(error)}`, { cause: error });
        });
  };

  const pass = async (): Promise<void> => {
    for (const file of (await listOwnFiles(template)).live) await rotateIfOld(file);
    const before = await rotated();
    try {
      if (compress !== undefined) await compressAll(before, compress);
    } finally {
      // Also when there is no room to compress: this makes some. What came meanwhile is not compressed yet.
      const known = new Set(before.map(({ rotatedPath }) => rotatedPath));
      if (keep !== undefined && !stopped()) {
        const now = (await rotated()).filter(({ rotatedPath }) => known.has(rotatedPath));
        for (const { path } of expired(now, keep, asyncScheduler.now())) await remove(path);
      }
    }
  };

  const run = async (): Promise<void> => {
    while (again && !stopped()) {
      again = false;
      try {
        await pass();
        told = '';
      } catch (error) {
        const message = `${messageOf(error)}; tried again later`;
        if (!stopped() && message !== told) tell((told = message));
      }
    }
    running = undefined;
  };

  return {
    wake: () => {
      again = true;
      running ??= run();
    },
    stop: async () => {
      const grace = new AbortController();
      await Promise.race([
        running,
        sleep(GRACE_MS, undefined, { signal: grace.signal }).catch(() => undefined),
      ]);
      grace.abort();
      abort.abort();
      await running;
    },
  };
}

/** Removes what a crash has left half done: unfinished compressions, and names reserved for a rotation. */
export async function tidy(template: PathTemplate): Promise<void> {
  for (const { path, bytes, part, compressed } of (await listOwnFiles(template)).rotated)
    if (part || (bytes === 0 && compressed === '')) await deleteFile(path, template.base);
}
