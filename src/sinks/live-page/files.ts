import { readdir, readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PipelineError } from '../../core/errors.ts';

/** Where the page lies, built; the same seen from `src` and from `dist`. */
const FOLDER = fileURLToPath(new URL('../../../dist/web/', import.meta.url));

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

export interface PageFile {
  readonly type: string;
  readonly body: Buffer;
}

/** The files of the page by their names. Errors `SINK_REFUSED` where it is not built. */
export async function readPage(folder: string = FOLDER): Promise<ReadonlyMap<string, PageFile>> {
  try {
    const names = await readdir(folder);
    const read = async (name: string): Promise<[string, PageFile]> => [
      name,
      { type: TYPES[extname(name)] ?? 'application/octet-stream', body: await readFile(join(folder, name)) },
    ];
    return new Map(await Promise.all(names.map(read)));
  } catch (error) {
    throw new PipelineError('SINK_REFUSED', `the live page is not in ${folder}: build it by npm run build`, {
      cause: error,
    });
  }
}
