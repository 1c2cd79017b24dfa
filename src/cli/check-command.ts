import { messageOf } from '../core/errors.ts';
import type { Pipeline } from '../core/types.ts';
import { graphOf } from './graph/model.ts';
import { checkNames, loadFile } from './load.ts';
import type { LoadedFile } from './load.ts';
import { displayPath } from './place.ts';
import { typeCheck } from './type-check.ts';

/** Loads and type-checks the files without connecting to anything. Returns the exit code: 0, or 2 for any error. */
export async function checkCommand(names: readonly string[]): Promise<number> {
  const files: LoadedFile[] = [];
  const errors: string[] = [];
  const attempt = async (step: () => unknown): Promise<void> => {
    try {
      await step();
    } catch (error) {
      if ((error as { code?: unknown }).code !== 'CONFIG_INVALID') throw error;
      errors.push(messageOf(error));
    }
  };
  for (const name of names) await attempt(async () => files.push(await loadFile(name)));
  await attempt(() => checkNames(files));
  const loaded = errors.length;
  await attempt(async () => errors.push(...(await typeCheck(files.map(({ path }) => path)))));
  for (const error of errors) process.stderr.write(`${error}\n`);
  // A type error may lie in a file that several share.
  if (errors.length === loaded)
    for (const { path, pipelines } of files)
      for (const pipeline of pipelines)
        process.stdout.write(`ok ${displayPath(path)}: ${pipeline.name} (${flowOf(pipeline)})\n`);
  return errors.length === 0 ? 0 : 2;
}

/** `dockerEvents → operator-1 → ndjsonFile`; several sources or sinks with a comma. */
const flowOf = (pipeline: Pipeline): string =>
  graphOf(pipeline)
    .steps.map((stages) => stages.map(({ name }) => name).join(', '))
    .join(' → ');
