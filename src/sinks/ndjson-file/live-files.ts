import { closeLiveFile, isInPlace, openLiveFile } from './live-file.ts';
import type { LiveFile } from './live-file.ts';

/** The files open at the moment: never more than a limit, the least recently written is closed first. */
export interface LiveFiles {
  /** The file at the path: opened when it is not, or anew when it has been moved away or deleted. */
  at(path: string): Promise<LiveFile>;
  close(file: LiveFile): Promise<void>;
  closeAll(): Promise<void>;
  syncAll(): Promise<void>;
}

export interface LiveFilesOptions {
  readonly base: string;
  readonly maxOpen: number;
  /** Whether a file is synced before it is closed. */
  readonly sync: boolean;
  readonly tell: (message: string) => void;
}

/** A file looked at no longer ago than this is taken to be in its place: each write ends with a look. */
const TRUSTED_MS = 100;

export function liveFiles({ base, maxOpen, sync, tell }: LiveFilesOptions): LiveFiles {
  const files = new Map<string, LiveFile>();

  const close = async (file: LiveFile): Promise<void> => {
    if (files.get(file.path) === file) files.delete(file.path);
    await closeLiveFile(file, sync);
  };

  return {
    async at(path) {
      const known = files.get(path);
      if (known !== undefined) {
        const trusted = Date.now() - known.lookedMs < TRUSTED_MS;
        if (trusted || (await isInPlace(known))) {
          files.delete(path);
          files.set(path, known);
          return known;
        }
        await close(known);
      }
      for (const oldest of files.values()) {
        if (files.size < maxOpen) break;
        await close(oldest);
      }
      const file = await openLiveFile(path, base, tell);
      files.set(path, file);
      return file;
    },
    close,
    async closeAll() {
      const outcomes = await Promise.allSettled([...files.values()].map(close));
      const failed = outcomes.find((outcome) => outcome.status === 'rejected');
      if (failed !== undefined) throw failed.reason;
    },
    async syncAll() {
      for (const file of files.values()) {
        if (file.dirty) await file.handle.datasync();
        file.dirty = false;
      }
    },
  };
}
