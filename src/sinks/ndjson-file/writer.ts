import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { messageOf } from '../../core/errors.ts';
import type { Writer } from '../../core/queued.ts';
import type { Compression } from './compression.ts';
import { diskError } from './disk-errors.ts';
import { makeFolder } from '../../files/folder.ts';
import { inTurn } from './in-turn.ts';
import type { Pack } from './line-packer.ts';
import { lineWriter } from './line-writer.ts';
import { liveFiles } from './live-files.ts';
import type { PathTemplate } from './path-template.ts';
import { deleteFile } from './retention.ts';
import type { KeepOptions } from './retention.ts';
import { rotator } from './rotation.ts';
import type { RotateOptions } from './rotation.ts';
import { tidy, upkeep } from './upkeep.ts';

/** When written lines are forced to the disk. */
export type Fsync = 'never' | 'rotate' | 'batch' | { readonly everyMs: number };

export interface FileSettings {
  readonly template: PathTemplate;
  readonly rotate: RotateOptions | undefined;
  readonly compress: Compression | undefined;
  readonly keep: KeepOptions | undefined;
  readonly fsync: Fsync;
  readonly openFiles: number;
}

const LONGEST_TICK_MS = 60_000;
const SHORTEST_TICK_MS = 100;
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Opens the writer behind `ndjsonFile`: one write at a time, and what else its files need in the background. */
export async function openFileWriter(
  settings: FileSettings,
  written: (pack: Pack) => void,
  tell: (message: string) => void,
): Promise<Writer<Pack>> {
  const { template, rotate = {}, compress, keep, fsync, openFiles } = settings;
  const sync = fsync !== 'never';
  const exclusive = inTurn();
  let closing = false;
  const files = liveFiles({ base: template.base, maxOpen: openFiles, sync, tell });
  const lines = lineWriter({
    files,
    rotate,
    moveAside: rotator(template.names.at(-1)!),
    sync,
    syncLines: fsync === 'batch',
    rotated: () => care.wake(),
    written,
  });
  const care = upkeep({
    template,
    compress,
    keep,
    rotateIfOld: async ({ path, bytes, bornMs }) => {
      if (bytes === 0 || Date.now() - bornMs < (rotate.everyMs ?? Infinity)) return;
      await exclusive(async () => {
        if (!closing) await lines.rotateIfOld(path);
      });
    },
    // Not while a file is being opened: the folder it goes to may be empty and taken away.
    remove: (path) => exclusive(() => deleteFile(path, template.base)),
    tell,
  });

  const inBackground = (task: () => Promise<void>): void => {
    exclusive(task).catch((error: unknown) => tell(messageOf(diskError(error, template.base, 'run'))));
  };
  const reopen = (): void => inBackground(() => files.closeAll());
  const syncAll = (): void => inBackground(() => files.syncAll());

  await prepare(settings, (path) => files.at(path));
  const timers: NodeJS.Timeout[] = [];
  if (typeof fsync === 'object') timers.push(setInterval(syncAll, Math.min(fsync.everyMs, LONGEST_TIMER_MS)));
  const due = Math.min(rotate.everyMs ?? Infinity, keep?.ms ?? Infinity);
  if (due < Infinity)
    timers.push(setInterval(care.wake, Math.max(SHORTEST_TICK_MS, Math.min(due, LONGEST_TICK_MS))));
  if (settings.rotate !== undefined) care.wake();
  const stopHearing = onHangUp(reopen);

  return {
    write: (batch) => exclusive(() => lines.write(batch)),
    close: async () => {
      closing = true;
      stopHearing();
      timers.forEach(clearInterval);
      try {
        await exclusive(() => files.closeAll());
      } catch (error) {
        throw diskError(error, template.fixed ?? template.base, 'run');
      } finally {
        await care.stop();
      }
    },
  };
}

/** Many sinks listen at the same time, and that is no leak. */
function onHangUp(listener: () => void): () => void {
  process.setMaxListeners(process.getMaxListeners() + 1);
  process.on('SIGHUP', listener);
  return () => {
    process.off('SIGHUP', listener);
    process.setMaxListeners(process.getMaxListeners() - 1);
  };
}

/** Finds out whether files can be written at all before any record comes, and clears up what a crash has left. */
async function prepare(
  { template, rotate }: FileSettings,
  openFile: (path: string) => Promise<unknown>,
): Promise<void> {
  const { base, fixed } = template;
  try {
    await makeFolder(base);
    if (fixed === undefined || rotate !== undefined) await access(base, constants.W_OK | constants.X_OK);
    if (rotate !== undefined) await tidy(template);
    if (fixed !== undefined) await openFile(fixed);
  } catch (error) {
    throw diskError(error, fixed ?? base, 'start');
  }
}
