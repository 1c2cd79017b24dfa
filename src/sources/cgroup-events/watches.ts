import { watch } from 'node:fs';
import type { WatchListener } from 'node:fs';
import type { Tell } from '../../core/define-source.ts';

/** inotify watches of one subscription, as many as the kernel and a limit of our own allow. */
export interface Watches {
  /** Returns how to end it; nothing where there is none to be had, or no such file any more. */
  readonly add: (path: string, heard: WatchListener<string>) => (() => void) | undefined;
  /** All have been asked for once more: a refusal is told as a notice once, until a round without any. */
  readonly round: () => void;
  readonly close: () => void;
}

/** A kernel gives each user between 8,192 and 1,048,576, for all programs; one takes about 1 KiB there. */
const MAX_WATCHES = 16_384;
/** Why there is none left, and what helps. */
const REFUSED: Readonly<Record<string, string>> = {
  ENOSPC: 'raise fs.inotify.max_user_watches',
  EMFILE: 'raise fs.inotify.max_user_instances',
  ENOMEM: 'the kernel has no memory for it',
};
const GONE = ['ENOENT', 'ENODEV', 'ENOTDIR'];

export function watches(tell: Tell, instead: string): Watches {
  const open = new Set<() => void>();
  let isShort = false;
  let isTold = false;
  const refused = (why: string, advice: string): void => {
    isShort = true;
    if (isTold) return;
    isTold = true;
    tell({
      type: 'notice',
      message: `no inotify watch is left after ${open.size} (${why}): ${instead}; ${advice}`,
    });
  };
  return {
    add(path, heard) {
      if (open.size >= MAX_WATCHES) {
        refused('our own limit', 'that is enough for some 8,000 containers');
        return undefined;
      }
      try {
        const watcher = watch(path, heard);
        const end = (): void => {
          open.delete(end);
          watcher.close();
        };
        watcher.on('error', end);
        open.add(end);
        return end;
      } catch (error) {
        const code = (error as NodeJS.ErrnoException).code ?? '';
        const advice = REFUSED[code];
        if (advice !== undefined) refused(code, advice);
        else if (!GONE.includes(code)) throw error;
        return undefined;
      }
    },
    round() {
      isTold = isShort;
      isShort = false;
    },
    close() {
      for (const end of open) end();
    },
  };
}
