import { readdir } from 'node:fs/promises';
import { map, tap } from 'rxjs';
import { openBooks } from '../core/books.ts';
import { defineSource, traitsOf } from '../core/define-source.ts';
import { PipelineError } from '../core/errors.ts';
import { from, pipeline } from '../core/pipeline.ts';
import type { Pipeline, Source } from '../core/types.ts';
import { diskError, hasCode } from '../disk/disk-errors.ts';
import { findManifest } from './manifest.ts';
import type { RecordingInfo } from './manifest.ts';
import { recordingSink } from './recording-sink.ts';
import type { Arrival, RecordingSinkOptions } from './recording-sink.ts';

export interface RecorderOptions extends RecordingSinkOptions {
  /** The version of dockrx that records. */
  readonly dockrx: string;
}

/**
 * A pipeline that records what the sources of these pipelines emit, at their edge: each record's line of JSON, its
 * source, and when it came. Operators and sinks are not run. Records without a line of JSON are rejected and counted.
 * Errors `CONFIG_INVALID` where the folder holds something.
 */
export async function recorder(pipelines: readonly Pipeline[], options: RecorderOptions): Promise<Pipeline> {
  await refuseOccupied(options.dir);
  const endings = new Map<number, number>();
  const startedMs = Date.now();
  let lastMs = startedMs;
  // Time never goes back in a recording, though a clock that is set may.
  const nowMs = (): number => (lastMs = Math.max(lastMs, Date.now()));
  const sources = pipelines.flatMap((one) =>
    one.sources.map((source, i) => ({ source, pipeline: one.name, name: openBooks(one).sources[i]!.name })),
  );
  const info = (endedMs?: number): RecordingInfo => ({
    dockrx: options.dockrx,
    startedMs,
    ...(endedMs !== undefined && { endedMs }),
    sources: sources.map(({ pipeline: of, name }, i) => {
      const sourceEndedMs = endings.get(i);
      return { pipeline: of, name, ...(sourceEndedMs !== undefined && { endedMs: sourceEndedMs }) };
    }),
  });
  const arrivals = sources.map(({ source }, i) => numbered(source, i, () => void endings.set(i, nowMs())));
  return pipeline('recording', from(...arrivals), recordingSink(options, info, nowMs));
}

/** The source, each of its records with its number. */
function numbered(source: Source<unknown>, number: number, ended: () => void): Source<Arrival> {
  const { resumable, heedsGate = false, conflateBy, ...traits } = traitsOf(source);
  return defineSource<Arrival>({
    ...traits,
    // What may have to begin again is not to be stopped.
    heedsGate: heedsGate || !resumable,
    conflateBy: conflateBy && (({ record }) => conflateBy(record)),
    open: (...run) =>
      traits.open(...run).pipe(
        tap({ complete: ended }),
        map((record) => ({ source: number, record })),
      ),
  });
}

/** One recording a folder. */
async function refuseOccupied(dir: string): Promise<void> {
  const found = await findManifest(dir);
  if (found !== undefined)
    throw new PipelineError(
      'CONFIG_INVALID',
      `${dir} holds the recording of ${new Date(found.startedMs).toISOString()}: choose another folder, or remove it`,
    );
  const names = await readdir(dir).catch((error: unknown) => {
    if (hasCode(error, 'ENOENT')) return [];
    const { message } = diskError(error, dir, 'start') as Error;
    throw new PipelineError('CONFIG_INVALID', message, { cause: error });
  });
  if (names.length > 0)
    throw new PipelineError('CONFIG_INVALID', `${dir} is not empty: a recording has a folder of its own`);
}
