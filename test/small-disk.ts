import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { statfs, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stopListening } from './contracts/listen.ts';
import { needs } from './harness/needs.ts';
import { stopHearing } from './sources/hear.ts';

/** A small file system of its own for each test of a suite. */
export interface SmallDisk {
  readonly folder: () => string;
  readonly remount: (mode: 'ro' | 'rw') => void;
  /** Takes up all room but so many bytes; 0 gives it back. */
  readonly leaveRoom: (bytes: number) => Promise<void>;
  readonly giveRoom: () => Promise<void>;
}

export function smallDisk(options: string): SmallDisk {
  needs('tmpfs');
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'dockrx-disk-'));
    execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', folder]);
  });
  afterEach(() => {
    stopListening();
    stopHearing();
    execFileSync('umount', ['--lazy', folder]);
    rmSync(folder, { recursive: true });
  });
  const filler = (): string => join(folder, 'filler');
  return {
    folder: () => folder,
    remount: (mode) => void execFileSync('mount', ['-o', `remount,${mode}`, folder]),
    leaveRoom: async (bytes) => {
      const { bavail, bsize } = await statfs(folder);
      await writeFile(filler(), Buffer.alloc(Math.max(0, bavail * bsize - bytes)));
    },
    giveRoom: () => truncate(filler(), 0),
  };
}
