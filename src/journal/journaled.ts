import { checkOptions, shown, whole } from '../core/check-options.ts';
import { defineSource, traitsOf } from '../core/define-source.ts';
import { PipelineError } from '../core/errors.ts';
import { isObservable } from '../core/pipeline.ts';
import { readerLimit } from '../core/reader-limit.ts';
import type { Json, Source } from '../core/types.ts';
import type { Gap } from '../records/gap.ts';
import type { SourcePlace } from './format.ts';
import { readThrough } from './session.ts';
import type { Memory } from './session.ts';

/** Options of {@link journaled}. */
export interface JournaledOptions {
  /** The journal's folder: one for each source. */
  readonly dir: string;
  /** All its files together, at least 64 KiB. A record may take a sixteenth of it. Default 1 GiB. */
  readonly maxBytes?: number;
  /** How long records are kept, read or not. Default: as long as there is room. */
  readonly keepMs?: number;
  /**
   * When records are forced to the disk, so that they outlive a power cut: before anything downstream sees them, every
   * so often, or when the system pleases. Default `batch`. No crash of the process loses what has been appended.
   */
  readonly sync?: 'batch' | 'never' | { readonly everyMs: number };
  /**
   * When `maxBytes` are used up: the oldest records give way, and where they have not been read a `Gap` says so; or the
   * source is stopped until the sinks have read on, for sources that can wait. Default `drop-oldest`.
   */
  readonly whenFull?: 'drop-oldest' | 'stop-reading';
}

const FACTORY = 'journaled';
const LEAST_BYTES = 64 * 1024;

/**
 * Puts a journal on disk between a source and what follows it: the source is always read, however slow the sinks are,
 * and every record is in the journal before anything downstream sees it.
 *
 * Emits the source's records as `JSON.parse` gives them, in the order they came, and a {@link Gap} wherever some are
 * missing: prototypes, symbols, dates and the like are not kept. Records without a JSON text, or larger than a sixteenth
 * of `maxBytes`, are rejected and counted. An error of the source, and its end, come behind all records of the journal.
 * It goes on behind the last record read, within a process and, where its cursor is kept, over restarts; else from the
 * oldest record on. The source goes on from its own cursor, which is kept in the journal.
 * Errors: those of the source that are fatal; `SOURCE_UNAVAILABLE` while the folder is in use or cannot be opened;
 * `SOURCE_REFUSED` when it never can, or is of a newer dockrx. A full disk is told and waited for.
 * Bounds: `maxBytes` on disk; 32 MiB that wait for the disk, beyond them records are dropped; one record or 256 KiB in
 * the reader.
 * Loss: what `maxBytes`, `keepMs`, a damaged disk or too slow a disk take, each told by a {@link Gap}; what waits for
 * the disk when the process is killed, unless the source has a cursor; with `sync` other than `batch`, what a power cut
 * takes.
 *
 * @example journaled(dockerEvents(), { dir: 'data/events-journal', maxBytes: 256 * 1024 * 1024 })
 */
export function journaled<T>(source: Source<T>, options: JournaledOptions): Source<T | Gap> {
  const name = check(source, options);
  const { dir, maxBytes = 1024 ** 3, keepMs = Infinity, sync = 'batch', whenFull = 'drop-oldest' } = options;
  const oneReader = readerLimit(FACTORY);
  const memory: Memory = {
    place: { number: undefined },
    behind: () => undefined,
    isKnown: false,
    abandoned: 0,
    closed: Promise.resolve(),
  };
  return defineSource<T | Gap>({
    name: `${name}-journal`,
    open: (tell, gate) =>
      oneReader(readThrough({ source, dir, maxBytes, keepMs, sync, whenFull, memory, tell, gate })),
    heedsGate: true,
    journal: dir,
    released: async () => {
      await memory.closed;
      await traitsOf(source).released?.();
    },
    cursor: {
      read: () => placeOf(memory),
      restore: (kept) => {
        const { record, source } = keptIn(kept, dir);
        memory.place.number = record;
        memory.behind = () => source;
      },
    },
  });
}

/** Returns the name of the source. */
function check(source: Source<unknown>, options: JournaledOptions): string {
  if (!isObservable(source)) throw invalid('its first argument must be a source (an Observable)');
  checkOptions(FACTORY, options, {
    dir: (value) => (typeof value === 'string' && value !== '') || 'the path of a folder',
    maxBytes: (value) =>
      (Number.isSafeInteger(value) && (value as number) >= LEAST_BYTES) ||
      `a whole number of ${LEAST_BYTES} or more`,
    keepMs: whole,
    sync: (value) =>
      value === 'batch' ||
      value === 'never' ||
      (typeof value === 'object' && value !== null) ||
      "'batch', 'never' or { everyMs }",
    whenFull: (value) =>
      value === 'drop-oldest' || value === 'stop-reading' || "'drop-oldest' or 'stop-reading'",
  });
  const { dir, sync, whenFull } = options as Partial<JournaledOptions>;
  if (dir === undefined) throw invalid('give it a folder: dir');
  if (typeof sync === 'object') checkOptions(`${FACTORY}: sync`, sync, { everyMs: whole });
  const { name, resumable, conflateBy } = traitsOf(source);
  if (whenFull === 'stop-reading' && (!resumable || conflateBy !== undefined))
    throw invalid(`${name} cannot wait: use whenFull: 'drop-oldest'`);
  return name;
}

/** The place of the source too: should the journal lose it, nothing else would tell what it had before. */
function placeOf({ place, behind }: Memory): Json | undefined {
  const source = behind();
  if (place.number === undefined) return undefined;
  return { record: place.number, ...(source !== undefined && { source: { ...source } }) };
}

interface Kept {
  readonly record: number;
  readonly source?: SourcePlace;
}

function keptIn(kept: Json, dir: string): Kept {
  const { record, source } = Object(kept) as {
    readonly record?: unknown;
    readonly source?: Partial<SourcePlace>;
  };
  const isPlace = source === undefined || (isCount(source.number) && typeof source.text === 'string');
  if (isCount(record) && isPlace) return kept as unknown as Kept;
  throw new PipelineError(
    'SOURCE_REFUSED',
    `${FACTORY}: ${shown(kept)} is no place in the journal ${dir}: remove the checkpoint to read from its oldest record`,
  );
}

const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;

const invalid = (message: string): PipelineError =>
  new PipelineError('CONFIG_INVALID', `${FACTORY}: ${message}`);
