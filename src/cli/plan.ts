import type { Run } from '../core/run.ts';
import type { Pipeline } from '../core/types.ts';
import type { LoadedFile } from './load.ts';
import type { Log } from './log.ts';
import { packageVersion } from './package-root.ts';

/** A recording that is read in place of the sources. */
export interface From {
  readonly dir: string;
  /** How many times as fast as it was recorded; `Infinity` as fast as the sinks take it. */
  readonly speed: number;
}

/** A recording that is made in place of what the pipelines do. */
export interface RecordTo {
  readonly dir: string;
  readonly forMs: number | undefined;
  readonly maxBytes: number | undefined;
}

export interface PlanOptions {
  readonly from?: From | undefined;
  readonly recordTo?: RecordTo | undefined;
  readonly drainMs: number;
  readonly stop: AbortController;
  readonly log: Log;
}

/** What is run of some files, and within what. */
export interface Plan {
  readonly files: readonly LoadedFile[];
  /** `begin` runs their pipelines. */
  readonly run: (begin: Begin) => readonly Run[];
}

/** The files themselves; or their pipelines on a recording; or one that records what their sources emit. */
export async function planOf(files: readonly LoadedFile[], options: PlanOptions): Promise<Plan> {
  const { from, recordTo } = options;
  if (from === undefined && recordTo === undefined) return { files, run: (begin) => begin() };
  const all = files.flatMap(({ pipelines }) => pipelines);
  const { pipelines, run } =
    from !== undefined
      ? await replayOf(all, from, options)
      : { pipelines: [await recorderOf(all, recordTo!, options)], run: (begin: Begin) => begin() };
  return { files: [{ ...files[0]!, pipelines }], run };
}

type Begin = () => readonly Run[];

async function replayOf(
  pipelines: readonly Pipeline[],
  from: From,
  { drainMs, stop, log }: PlanOptions,
): Promise<{ readonly pipelines: readonly Pipeline[]; readonly run: Plan['run'] }> {
  const { openReplay } = await import('../replay/replay.ts');
  const tell = (message: string): void => log.warn(message);
  return openReplay(pipelines, { ...from, drainMs, stop: () => stop.abort(), tell });
}

async function recorderOf(
  pipelines: readonly Pipeline[],
  { dir, forMs, maxBytes }: RecordTo,
  { stop, log }: PlanOptions,
): Promise<Pipeline> {
  const { recorder } = await import('../replay/recorder.ts');
  const end = (why: string): void => {
    if (!stop.signal.aborted) log.info(`the recording ends: ${why}`);
    stop.abort();
  };
  const full = (): void => end(`${String(maxBytes)} bytes have been recorded`);
  const recording = await recorder(pipelines, { dir, dockrx: packageVersion(), maxBytes, full });
  if (forMs !== undefined) setTimeout(() => end(`${forMs / 1000} s have passed`), forMs).unref();
  return recording;
}
