import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { asyncScheduler } from 'rxjs';
import type { Membership } from '../../core/checkpoints.ts';
import { messageOf, PipelineError } from '../../core/errors.ts';
import { inTurn } from '../../core/in-turn.ts';
import type { Writer } from '../../core/queued.ts';
import type { Json } from '../../core/types.ts';
import { diskError } from '../../disk/disk-errors.ts';
import { makeFolder } from '../../disk/folder.ts';
import type { Compression } from './compression.ts';
import { cutBack, placeIn } from './cut-back.ts';
import { exactFile } from './exact-file.ts';
import type { Pack } from './line-packer.ts';
import { lineWriter } from './line-writer.ts';
import { liveFiles } from './live-files.ts';
import type { PathTemplate } from './path-template.ts';
import { deleteFile } from './retention.ts';
import type { KeepOptions } from './retention.ts';
import { isOld, rotator } from './rotation.ts';
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
  /** Only with a path that is fixed. */
  readonly exactlyOnce: boolean;
}

const LONGEST_TICK_MS = 60_000;
const SHORTEST_TICK_MS = 100;
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Opens the writer behind `ndjsonFile`: one write at a time, and what else its files need in the background. */
export async function openFileWriter(
  settings: FileSettings,
  written: (pack: Pack) => void,
  tell: (message: string) => void,
  membership: Membership | undefined,
): Promise<Writer<Pack>> {
  const { template, rotate = {}, compress, keep, fsync, openFiles, exactlyOnce } = settings;
  const sync = fsync !== 'never';
  const exclusive = inTurn();
  let closing = false;
  const files = liveFiles({ base: template.base, maxOpen: openFiles, sync, tell });
  const lines = lineWriter({
    files,
    // An exact file is put aside at checkpoints only.
    rotate: exactlyOnce ? {} : rotate,
    moveAside: rotator(template.names.at(-1)!),
    sync,
    syncLines: fsync === 'batch',
    rotated: () => care.wake(),
    written,
  });
  const exact = exactFile(template.fixed ?? '', rotate, files, lines, () => care.wake());
  const care = upkeep({
    template,
    compress,
    keep,
    isHeld: exact.isHeld,
    rotateIfOld: async ({ path, bytes, bornMs }) => {
      if (exactlyOnce || bytes === 0 || asyncScheduler.now() - bornMs < (rotate.everyMs ?? Infinity)) return;
      await exclusive(async () => {
        if (!closing) await lines.rotateIf(path, (file) => isOld(file, rotate));
      });
    },
    // Not while a file is being opened: the folder it goes to may be empty and taken away.
    remove: (path) => exclusive(() => deleteFile(path, template.base)),
    tell,
  });

  const syncLines = async (): Promise<Json> => {
    try {
      if (sync) await files.syncAll();
      return null;
    } catch (error) {
      throw diskError(error, template.fixed ?? template.base, 'run');
    }
  };
  const inBackground = (task: () => Promise<void>): void => {
    exclusive(task).catch((error: unknown) => tell(messageOf(diskError(error, template.base, 'run'))));
  };
  const reopen = (): void => inBackground(() => files.closeAll());
  const syncAll = (): void => inBackground(() => files.syncAll());

  await prepare(settings, membership, tell, (path) => files.at(path));
  const timers: NodeJS.Timeout[] = [];
  if (typeof fsync === 'object') timers.push(setInterval(syncAll, Math.min(fsync.everyMs, LONGEST_TIMER_MS)));
  const due = Math.min(rotate.everyMs ?? Infinity, keep?.ms ?? Infinity);
  if (due < Infinity)
    timers.push(setInterval(care.wake, Math.max(SHORTEST_TICK_MS, Math.min(due, LONGEST_TICK_MS))));
  if (settings.rotate !== undefined) care.wake();
  const stopHearing = onHangUp(reopen);

  return {
    write: (batch) => exclusive(() => lines.write(batch)),
    checkpoint: () => exclusive(exactlyOnce ? exact.checkpoint : syncLines),
    kept: exact.kept,
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
  { template, rotate, exactlyOnce }: FileSettings,
  membership: Membership | undefined,
  tell: (message: string) => void,
  openFile: (path: string) => Promise<unknown>,
): Promise<void> {
  const { base, fixed } = template;
  try {
    await makeFolder(base);
    if (fixed === undefined || rotate !== undefined) await access(base, constants.W_OK | constants.X_OK);
    if (rotate !== undefined) await tidy(template);
    if (exactlyOnce && fixed !== undefined) await resume(template, fixed, membership, tell);
    if (fixed !== undefined) await openFile(fixed);
  } catch (error) {
    throw diskError(error, fixed ?? base, 'start');
  }
}

async function resume(
  template: PathTemplate,
  path: string,
  membership: Membership | undefined,
  tell: (message: string) => void,
): Promise<void> {
  if (membership === undefined)
    throw new PipelineError(
      'CONFIG_INVALID',
      `ndjsonFile: exactlyOnce of ${path} needs checkpoints: run it with --state DIR`,
    );
  if (membership.restored !== undefined) await cutBack(template, path, placeIn(membership.restored), tell);
}
