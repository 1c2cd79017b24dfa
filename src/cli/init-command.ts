import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { basename, join, relative, resolve, sep } from 'node:path';
import { messageOf } from '../core/errors.ts';
import { PIPELINE_FILE, templateFiles } from './init/template.ts';
import { packageRoot, readManifest } from './package-root.ts';
import { displayPath, fileError } from './place.ts';

/**
 * Writes a folder to begin with: a pipeline, its test, and what an editor, npm and TypeScript want. Writes over nothing:
 * errors `CONFIG_INVALID` where something of it is there. Returns the exit code, 0.
 */
export async function initCommand(folder: string): Promise<number> {
  const dir = resolve(folder);
  const files = templateFiles(madeFor(dir));
  const taken = (await namesIn(dir)).filter((name) => Object.hasOwn(files, name));
  if (taken.length > 0)
    throw fileError({ file: dir }, `has ${taken.join(', ')} already: name another folder, or move them away`);
  for (const [name, text] of Object.entries(files)) await writeNew(join(dir, name), text);
  const where = displayPath(dir);
  process.stdout.write(
    `${Object.keys(files).join(', ')} written to ${where}. Now:\n\n` +
      [
        ...(dir === process.cwd() ? [] : [`cd ${quoted(where)}`]),
        'npm install',
        'npx pipeline test',
        `npx pipeline run --simulate ${PIPELINE_FILE}    # without --simulate: your own engine`,
      ]
        .map((line) => `  ${line}\n`)
        .join(''),
  );
  return 0;
}

function madeFor(dir: string): Parameters<typeof templateFiles>[0] {
  const { version, dependencies, devDependencies, engines } = readManifest();
  const root = packageRoot();
  const isInstalled = root.split(sep).includes('node_modules');
  return {
    // npm takes small letters, digits and a few marks.
    name:
      basename(dir)
        .toLowerCase()
        .replace(/[^a-z\d-]+/g, '-')
        .replace(/^-+|-+$/g, '') || 'pipelines',
    // A checkout is of no version that could be fetched.
    dockrx: isInstalled ? `^${version}` : `file:${relative(dir, root).split(sep).join('/')}`,
    rxjs: dependencies['rxjs']!,
    nodeTypes: dependencies['@types/node']!,
    typescript: devDependencies['@typescript/native']!.replace('npm:typescript@', ''),
    node: engines.node,
  };
}

async function namesIn(dir: string): Promise<readonly string[]> {
  try {
    await mkdir(dir, { recursive: true });
    return await readdir(dir);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const why =
      code === 'EEXIST' || code === 'ENOTDIR'
        ? 'is in the way, and no folder'
        : `cannot be made: ${messageOf(cause)}`;
    throw fileError({ file: dir }, why, cause);
  }
}

async function writeNew(file: string, text: string): Promise<void> {
  try {
    await writeFile(file, text, { flag: 'wx' });
  } catch (cause) {
    throw fileError({ file }, `cannot be written: ${messageOf(cause)}`, cause);
  }
}

/** As a shell takes it. */
const quoted = (path: string): string =>
  /^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
