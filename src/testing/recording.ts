import { PipelineError } from '../core/errors.ts';
import { readRecording, recordingInfo } from '../replay/read-recording.ts';
import type { Moment, TimeLine } from './play.ts';

/** A folder that `pipeline record` has written. */
export interface Recording {
  readonly dir: string;
}

/** Virtual time waits for nothing: all of a recording must be there at once. */
const MAX_RECORDS = 200_000;

/**
 * What `pipeline record` has written into a folder, in place of a pipeline's sources; the path is from where the tests run.
 * Of a recording of several pipelines it is the part of the one with the same name. At most 200,000 records.
 *
 * @example
 * const deaths = pipeline('deaths', dockerEvents(), console());
 * await expectPipeline(deaths).given(recording('test/friday-night')).emits([matching({ action: 'die' })]);
 */
export const recording = (dir: string): Recording => ({ dir });

/** Its records for a pipeline, from when the recording began to its end. */
export async function readRecorded({ dir }: Recording, pipeline: string): Promise<TimeLine> {
  const { startedMs, endedMs = 0, sources } = await recordingInfo(dir);
  const isOwn = sources.some((source) => source.pipeline === pipeline);
  const moments: Moment[] = [];
  for await (const { source, atMs, record } of readRecording(dir)) {
    if (isOwn && sources[source]?.pipeline !== pipeline) continue;
    if (moments.length === MAX_RECORDS)
      throw new PipelineError(
        'CONFIG_INVALID',
        `${dir} has more than ${MAX_RECORDS} records: record less for a test`,
      );
    moments.push({ ms: Math.max(0, atMs - startedMs), record });
  }
  return { moments, endMs: Math.max(endedMs - startedMs, moments.at(-1)?.ms ?? 0), timersFirst: true };
}
