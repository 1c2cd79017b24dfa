import { asyncScheduler } from 'rxjs';
import type { QueueOptions } from '../core/bounded-queue.ts';
import { checkOptions } from '../core/check-options.ts';
import type { Check } from '../core/check-options.ts';
import { PipelineError } from '../core/errors.ts';
import { queued } from '../core/queued.ts';
import type { Sink } from '../core/types.ts';
import { textOf } from '../records/text.ts';
import { canCompress } from './ndjson-file/compression.ts';
import { linePacker } from './ndjson-file/line-packer.ts';
import { parsePath } from './ndjson-file/path-template.ts';
import { openFileWriter } from './ndjson-file/writer.ts';

export interface NdjsonFileOptions {
  /**
   * Where the lines go. Tokens are filled in from each record: `{date}` (YYYY-MM-DD) and `{hour}` (00 to 23) of its
   * `time` or `@timestamp` in UTC, and any field, levels parted by dots: `data/{date}/{container.name}.ndjson`.
   * A missing field becomes `unknown`. Values never add folders or leave those before the first token; a value that
   * had to be changed to be a file name is marked with `~` and a hash of itself, so that different names stay
   * different files. Below a folder with tokens behind it, every file whose name fits the path counts as this
   * sink's own: give such a sink a folder of its own.
   */
  readonly path: string;
  /**
   * When a file is put aside as `stats.2026-11-22T01-02-03.456Z.ndjson` and begun anew: before it grows above
   * `bytes` (a single line may), and `everyMs` after its first line. Files stay whole lines. Default: never.
   */
  readonly rotate?: { readonly bytes?: number; readonly everyMs?: number };
  /** How rotated files are compressed, in the background. `zstd` needs Node 22.15. Default: they are not. */
  readonly compress?: 'gzip' | 'zstd';
  /**
   * Which rotated files are kept: those younger than `ms`, the newest `files`, the newest `bytes` together; over
   * everything below the path's folder that this sink rotated, now or in an earlier run. Default: all.
   */
  readonly keep?: { readonly ms?: number; readonly files?: number; readonly bytes?: number };
  /**
   * When lines are forced to the disk, so that they outlive a power cut: before each batch counts as delivered,
   * every so often, or when a file is put aside or closed. Default `rotate`. No crash of the process loses lines.
   */
  readonly fsync?: 'never' | 'rotate' | 'batch' | { readonly everyMs: number };
  /** Files open at a time; give it as many as are written to in the same second. Default 128. */
  readonly openFiles?: number;
  /**
   * Each record once, also across a crash: the file is cut back to the last checkpoint when a run begins, and what was
   * written since comes again from a source that can replay it (`journaled` always can; the engine has its last 256
   * events). What is cut off is kept aside in `PATH.cut`. Needs a path without tokens and a run with checkpoints
   * (`pipeline run --state DIR`), at which the file is rotated. Default false: at least once.
   */
  readonly exactlyOnce?: boolean;
  readonly queue?: QueueOptions;
}

const FACTORY = 'ndjsonFile';
const count: Check = (value) =>
  (Number.isInteger(value) && (value as number) > 0) || 'a whole number above 0';

/**
 * Appends each record as a line of JSON to a file.
 *
 * A line is never torn, doubled or mixed with another; one that a crash has left torn is kept aside in `PATH.torn`
 * at the next start. A full disk is told and waited for, and so is everything else that goes wrong after the start;
 * at the start, a folder that cannot be written to ends the pipeline. Files are opened anew on SIGHUP and when they
 * have been moved away, deleted or truncated. Several writers may append to one file, and their lines stay whole; a file that rotates is for one writer.
 * Loss: only what the queue's policy drops and counts; records without a JSON text are rejected and counted.
 */
export function ndjsonFile<T>(options: NdjsonFileOptions): Sink<T> {
  check(options);
  const { path, rotate, compress, keep, fsync = 'rotate', openFiles = 128, queue } = options;
  const { exactlyOnce = false } = options;
  const template = parsePath(path);
  const packer = linePacker();
  // By RxJS's clock, which a replay sets. Where no file is put aside nobody asks.
  const nowMs = rotate === undefined ? () => 0 : () => asyncScheduler.now();
  const settings = { template, rotate, compress, keep, fsync, openFiles, exactlyOnce };
  if (exactlyOnce && template.fixed === undefined)
    throw new PipelineError(
      'CONFIG_INVALID',
      `${FACTORY}: exactlyOnce needs a path without tokens, not ${path}: rotate parts it by time`,
    );
  return queued({
    name: FACTORY,
    target: path,
    queue,
    encode: (record: T) => ({ path: template.pathOf(record), text: textOf(record), cameMs: nowMs() }),
    sizeOf: ({ text }) => text.length + 1,
    pack: packer.pack,
    open: (tell, membership) => openFileWriter(settings, packer.reuse, tell, membership),
  });
}

function check(options: NdjsonFileOptions): void {
  checkOptions(FACTORY, options, {
    path: 'any',
    rotate: 'any',
    compress: (value) => value === 'gzip' || value === 'zstd' || "'gzip' or 'zstd'",
    keep: 'any',
    fsync: (value) =>
      ['never', 'rotate', 'batch'].includes(value as string) ||
      (typeof value === 'object' && value !== null) ||
      "'never', 'rotate', 'batch' or { everyMs }",
    openFiles: count,
    exactlyOnce: (value) => typeof value === 'boolean' || 'true or false',
    queue: 'any',
  });
  const { rotate, compress, keep, fsync } = options;
  if (rotate) checkOptions(`${FACTORY}: rotate`, rotate, { bytes: count, everyMs: count });
  if (keep) checkOptions(`${FACTORY}: keep`, keep, { ms: count, files: count, bytes: count });
  if (typeof fsync === 'object') checkOptions(`${FACTORY}: fsync`, fsync, { everyMs: count });
  const acts = rotate?.bytes !== undefined || rotate?.everyMs !== undefined;
  const idle = compress !== undefined ? 'compress' : keep !== undefined ? 'keep' : undefined;
  if (idle !== undefined && !acts)
    throw new PipelineError('CONFIG_INVALID', `${FACTORY}: ${idle} is for rotated files: give rotate too`);
  if (compress !== undefined && !canCompress(compress))
    throw new PipelineError(
      'CONFIG_INVALID',
      `${FACTORY}: compress: 'zstd' needs Node 22.15 or newer, this is ${process.version}: use 'gzip'`,
    );
}
