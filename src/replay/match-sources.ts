import { openBooks } from '../core/books.ts';
import { PipelineError } from '../core/errors.ts';
import type { Pipeline } from '../core/types.ts';
import type { RecordingInfo } from './manifest.ts';

/**
 * The number of the recorded source for each source of a pipeline: that of the same pipeline and name; where the pipeline
 * is not in the recording, the only one of that name. Errors `CONFIG_INVALID` where there is none.
 */
export function matchSources(
  pipeline: Pipeline,
  { sources }: RecordingInfo,
  dir: string,
): readonly { readonly name: string; readonly number: number }[] {
  const isRecorded = sources.some((source) => source.pipeline === pipeline.name);
  return openBooks(pipeline).sources.map(({ name }) => {
    const numbers = [...sources.keys()].filter((i) => {
      const source = sources[i]!;
      return source.name === name && (!isRecorded || source.pipeline === pipeline.name);
    });
    const [number] = numbers;
    if (number !== undefined && numbers.length === 1) return { name, number };
    const has = sources.map((source) => `${source.name} of ${source.pipeline}`).join(', ');
    const what = numbers.length > 1 ? `several sources ${name}` : `no source ${name}`;
    throw new PipelineError(
      'CONFIG_INVALID',
      `the recording ${dir} has ${what} for pipeline ${pipeline.name}: it has ${has}`,
    );
  });
}
