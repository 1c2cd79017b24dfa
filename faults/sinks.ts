import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync } from 'node:fs';
import { statfs, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ndjsonFile, PipelineError, queued, textOf, type Sink } from '../src/index.ts';
import { inTurn } from '../src/core/in-turn.ts';
import type { Act, Plan, SinkKind } from './plan.ts';

/** Where a run writes to, with what can be made wrong there. */
export interface Outlet {
  readonly kind: SinkKind;
  readonly folder: string;
  readonly sink: Sink<unknown>;
  /** resolves when it has healed */
  readonly act: (act: Act) => Promise<void>;
  readonly close: () => void;
}

const DISK_BYTES = 4 * 1024 * 1024;
const ROOM_LEFT_BYTES = 6000;
const SLOW_MS = 25;

export function openOutlet(kind: SinkKind, folder: string, { policy }: Plan): Outlet {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, 'events.ndjson');
  const plain = { kind, folder, act: () => Promise.resolve(), close: () => undefined };
  switch (kind) {
    case 'file':
      return { ...plain, sink: ndjsonFile({ path }) };
    case 'rotating':
      return { ...plain, sink: ndjsonFile({ path, rotate: { bytes: 40_000 }, compress: 'gzip' }) };
    case 'disk':
      return { ...plain, ...smallDisk(folder), sink: ndjsonFile({ path, queue: { policy, capacity: 400 } }) };
    case 'moody':
      return { ...plain, ...moody(path, policy) };
  }
}

/** A file system of its own, that can be full. */
function smallDisk(folder: string): Pick<Outlet, 'act' | 'close'> {
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_BYTES}`, 'tmpfs', folder]);
  const unmount = (): void => void execFileSync('umount', ['--lazy', folder]);
  // Also when the run is broken off.
  process.once('exit', unmount);
  const filler = join(folder, 'filler');
  const one = inTurn();
  const fill = async (ms: number): Promise<void> => {
    const { bavail, bsize } = await statfs(folder);
    // Whoever writes at the same time may take the last room: then it is full as well.
    await writeFile(filler, Buffer.alloc(Math.max(0, bavail * bsize - ROOM_LEFT_BYTES))).catch(ignoreFull);
    await sleep(ms);
    await truncate(filler, 0);
  };
  return {
    act: (act) => (act.do === 'disk' ? one(() => fill(act.ms)) : Promise.resolve()),
    close: () => {
      process.off('exit', unmount);
      unmount();
    },
  };
}

const ignoreFull = (error: unknown): void => {
  if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
};

/** Writes lines as a file does, and is slow or fails when it is told to. */
function moody(path: string, policy: Plan['policy']): Pick<Outlet, 'act' | 'sink'> {
  let mood: 'well' | 'slow' | 'failing' = 'well';
  const one = inTurn();
  const sink = queued({
    name: 'moody',
    target: path,
    queue: { policy, capacity: 100 },
    encode: (record: unknown) => `${textOf(record)}\n`,
    sizeOf: (line) => line.length,
    batch: { bytes: 4096, lingerMs: 5 },
    backoff: { firstMs: 5, maxMs: 20 },
    open: () =>
      Promise.resolve({
        write: async (batch) => {
          if (mood === 'failing') throw new PipelineError('SINK_UNAVAILABLE', 'it fails as it was told to');
          if (mood === 'slow') await sleep(SLOW_MS);
          appendFileSync(path, batch.join(''));
        },
        close: () => Promise.resolve(),
      }),
  });
  const change = async (how: 'slow' | 'failing', ms: number): Promise<void> => {
    mood = how;
    await sleep(ms);
    mood = 'well';
  };
  return {
    sink,
    act: (act) => (act.do === 'sink' ? one(() => change(act.how, act.ms)) : Promise.resolve()),
  };
}
