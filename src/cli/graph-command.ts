import { writeFile } from 'node:fs/promises';
import { extname, resolve } from 'node:path';
import { messageOf } from '../core/errors.ts';
import { dot } from './graph/dot.ts';
import type { GraphFormat } from './graph/formats.ts';
import { mermaid } from './graph/mermaid.ts';
import { graphOf } from './graph/model.ts';
import type { PipelineGraph } from './graph/model.ts';
import { svg } from './graph/svg.ts';
import { checkNames, loadFile } from './load.ts';
import type { LoadedFile } from './load.ts';
import { fileError } from './place.ts';

export interface GraphCommandOptions {
  /** Default: as the ending of `out` says, else Mermaid. */
  readonly format?: GraphFormat | undefined;
  /** The file that is written, or written over. Default: stdout. */
  readonly out?: string | undefined;
}

const PRINTERS: Readonly<Record<GraphFormat, (graphs: readonly PipelineGraph[]) => string>> = {
  ...{ mermaid, dot, svg },
};
const ENDINGS: Readonly<Record<string, GraphFormat>> = { '.svg': 'svg', '.dot': 'dot', '.gv': 'dot' };

/** Draws the stages of every pipeline of the files without connecting to anything. Returns the exit code, 0. */
export async function graphCommand(
  names: readonly string[],
  { format, out }: GraphCommandOptions,
): Promise<number> {
  const files: LoadedFile[] = [];
  for (const name of names) files.push(await loadFile(name));
  checkNames(files);
  const graphs = files.flatMap(({ pipelines }) => pipelines.map(graphOf));
  const text = PRINTERS[format ?? ENDINGS[extname(out ?? '')] ?? 'mermaid'](graphs);
  if (out === undefined) process.stdout.write(text);
  else await writeTo(resolve(out), text, files);
  return 0;
}

async function writeTo(file: string, text: string, read: readonly LoadedFile[]): Promise<void> {
  if (read.some(({ path }) => path === file)) throw fileError({ file }, '--out is one of the pipeline files');
  try {
    await writeFile(file, text);
  } catch (cause) {
    throw fileError({ file }, `cannot be written: ${messageOf(cause)}`, cause);
  }
}
