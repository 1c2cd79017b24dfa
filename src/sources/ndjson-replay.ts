import { Observable } from 'rxjs';
import { callback, checkOptions, required, shown, whole } from '../core/check-options.ts';
import { defineSource } from '../core/define-source.ts';
import { PipelineError } from '../core/errors.ts';
import { readerLimit } from '../core/reader-limit.ts';
import type { Json, Source } from '../core/types.ts';
import { STDIN } from './ndjson-replay/files.ts';
import { readFiles } from './ndjson-replay/read-files.ts';
import type { Place } from './ndjson-replay/read-files.ts';

/** Options of {@link ndjsonReplay}. */
export interface NdjsonReplayOptions<T> {
  /**
   * A file, or several in their order; `*` and `?` in a file's name stand for any characters, or one: all files of such
   * names, in the order of their names. So `data/stats*.ndjson*` are those that `ndjsonFile` has put aside, oldest
   * first, and the one it writes. `-` is standard input.
   */
  readonly path: string | readonly string[];
  /** Makes a record of what a line says; where it throws, the line is rejected. Default: what the line says. */
  readonly parse?: (value: unknown) => T;
  /** Longer lines are rejected, in bytes. Default 16 MiB. */
  readonly maxLineBytes?: number;
}

/**
 * The records of NDJSON files, of `ndjsonFile` or anybody, plain or compressed by gzip (with Node 22.15 also by zstd), told
 * by their first bytes; or of standard input.
 *
 * Emits what each line says, as fast as the sinks take it, and completes behind the last. Lines that are no JSON
 * (`invalid-json`), are too long (`too-long`) or refused by `parse` (`not-a-record`) are rejected and counted; empty
 * ones are passed over. What is no UTF-8 is replaced by U+FFFD. A last line without its line break counts.
 * It goes on behind the last line read, within a process and, where its cursor is kept, over restarts; of a compressed
 * file what comes before is decompressed again. What was read of standard input does not come again.
 * Errors: `SOURCE_REFUSED` for what cannot be read, is no regular file, or ends in the middle of compressed data; what came
 * before that has been emitted.
 * Bounds: one line of `maxLineBytes`, and 256 KiB.
 * Loss: none; while sinks are full it waits.
 *
 * @example ndjsonReplay({ path: 'data/stats*.ndjson*', parse: (value) => value as FlatStats })
 */
export function ndjsonReplay<T = unknown>(options: NdjsonReplayOptions<T>): Source<T> {
  checkOptions(FACTORY, options, {
    path: required((value) => isPath(value) || isListOfPaths(value) || 'a path, or a list of paths'),
    parse: callback,
    maxLineBytes: whole,
  });
  const { path, parse = (value) => value as T, maxLineBytes = 16 * 1024 * 1024 } = options;
  const paths = [path].flat();
  const place: Place = { path: undefined, offset: 0 };
  const oneReader = readerLimit(FACTORY);
  return defineSource<T>({
    name: FACTORY,
    heedsGate: true,
    open: (tell, gate) =>
      oneReader(
        new Observable((out) => {
          const stopping = new AbortController();
          readFiles({ paths, place, maxLineBytes, parse, tell, gate }, out, stopping.signal).then(
            () => out.complete(),
            (error: unknown) => out.error(error),
          );
          return () => stopping.abort();
        }),
      ),
    cursor: {
      read: () =>
        place.path === undefined || place.path === STDIN
          ? undefined
          : { path: place.path, offset: place.offset },
      restore: (kept) => void Object.assign(place, placeIn(kept)),
    },
  });
}

const FACTORY = 'ndjsonReplay';
const isPath = (value: unknown): boolean => typeof value === 'string' && value !== '';
const isListOfPaths = (value: unknown): boolean =>
  Array.isArray(value) && value.length > 0 && value.every(isPath);

function placeIn(kept: Json): Place {
  const { path, offset } = Object(kept) as Partial<Place>;
  if (isPath(path) && Number.isSafeInteger(offset) && offset! >= 0) return { path, offset: offset! };
  throw new PipelineError(
    'SOURCE_REFUSED',
    `${FACTORY}: ${shown(kept)} is no place in a file: remove the checkpoint to begin anew`,
  );
}
