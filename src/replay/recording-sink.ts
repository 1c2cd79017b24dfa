import { join } from 'node:path';
import { PipelineError } from '../core/errors.ts';
import { queued } from '../core/queued.ts';
import type { Writer } from '../core/queued.ts';
import type { Sink } from '../core/types.ts';
import { diskError } from '../disk/disk-errors.ts';
import type { Phase } from '../disk/disk-errors.ts';
import { makeFolder } from '../disk/folder.ts';
import { takeLock } from '../disk/lock.ts';
import { MAX_FRAME_BYTES } from '../journal/format.ts';
import { openLog } from '../journal/log.ts';
import { waiting } from '../journal/waiting.ts';
import type { Pack } from '../journal/waiting.ts';
import { textOf } from '../records/text.ts';
import { writeManifest } from './manifest.ts';
import type { RecordingInfo } from './manifest.ts';
import { recordedText } from './read-recording.ts';

export interface RecordingSinkOptions {
  /** The recording's folder, which holds nothing else. */
  readonly dir: string;
  /** Once so many bytes have come, `full` is called. Default: as long as there is room on the disk. */
  readonly maxBytes?: number | undefined;
  readonly full: () => void;
}

/** A record and the number of its source. */
export interface Arrival {
  readonly source: number;
  readonly record: unknown;
}

const PACK_BYTES = 64 * 1024;

/**
 * Appends each record to the segments of a recording, with the time it comes at. Above `maxBytes` it calls `full`, and
 * takes what comes all the same.
 */
export function recordingSink(
  { dir, maxBytes = Infinity, full }: RecordingSinkOptions,
  info: (endedMs?: number) => RecordingInfo,
  nowMs: () => number,
): Sink<Arrival> {
  let bytes = 0;
  return queued<Arrival, string>({
    name: 'recording',
    target: dir,
    encode({ source, record }) {
      const text = recordedText(source, nowMs(), textOf(record));
      const size = Buffer.byteLength(text);
      if (size >= MAX_FRAME_BYTES) throw new RangeError('the record is too large');
      bytes += size;
      if (bytes >= maxBytes) full();
      return text;
    },
    sizeOf: (text) => text.length,
    open: (tell) => openWriter(dir, info, nowMs, tell),
  });
}

async function openWriter(
  dir: string,
  info: (endedMs?: number) => RecordingInfo,
  nowMs: () => number,
  tell: (message: string) => void,
): Promise<Writer<string>> {
  const onDisk = async <R>(phase: Phase, task: () => Promise<R>): Promise<R> => {
    try {
      return await task();
    } catch (error) {
      throw diskError(error, dir, phase);
    }
  };
  const unlock = await onDisk('start', () => makeFolder(dir).then(() => lockFolder(dir)));
  const openAll = async (): Promise<Writer<string>> => {
    await writeManifest(dir, info());
    const log = await openLog({
      ...{ dir, maxBytes: Infinity, keepMs: Infinity, sync: { everyMs: 1000 }, tailBytes: 0, tell },
      ...{ whenFull: 'stop-reading', place: () => 0, behind: undefined, grown: () => undefined },
    });
    const queue = waiting(log.end, PACK_BYTES, nowMs);
    let packs: Pack[] = [];
    const end = async (): Promise<void> => {
      await log.close();
      await writeManifest(dir, info(nowMs()));
    };
    return {
      write: (batch) =>
        onDisk('run', async () => {
          // Else it is the same batch, part of which may have been written.
          if (packs.length === 0) {
            for (const text of batch) queue.add(text);
            packs = queue.take();
          }
          await log.append(packs, undefined);
          queue.settle();
        }),
      close: () => onDisk('run', () => end().finally(unlock)),
    };
  };
  return onDisk('start', openAll).catch(async (error: unknown) => {
    await unlock();
    throw error;
  });
}

async function lockFolder(dir: string): Promise<() => Promise<unknown>> {
  const lock = await takeLock(join(dir, 'lock'));
  if (typeof lock === 'function') return lock;
  throw new PipelineError('SINK_REFUSED', `process ${lock} records to ${dir}: choose another folder`);
}
