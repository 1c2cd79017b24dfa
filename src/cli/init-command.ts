import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join, relative, resolve, sep } from 'node:path';
import { messageOf } from '../core/errors.ts';
import { packageRoot, readManifest } from './package-root.ts';
import { displayPath, fileError } from './place.ts';

const PIPELINE = 'containers.ts';

/**
 * Writes a folder to begin with: a pipeline, its test, and what an editor, npm and TypeScript want. Writes over nothing:
 * errors `CONFIG_INVALID` where something of it is there. Returns the exit code, 0.
 */
export async function initCommand(folder: string): Promise<number> {
  const dir = resolve(folder);
  const files = await filesFor(dir);
  const present = await namesIn(dir);
  const taken = Object.keys(files).filter((name) => present.includes(name));
  if (taken.length > 0)
    throw fileError({ file: dir }, `has ${taken.join(', ')} already: name another folder, or move them away`);
  for (const [name, text] of Object.entries(files)) await writeNew(join(dir, name), text);
  const where = displayPath(dir);
  const steps = [
    ...(dir === process.cwd() ? [] : [`cd ${quoted(where)}`]),
    'npm install',
    'npx pipeline test',
    `npx pipeline run --simulate ${PIPELINE}    # without --simulate: your own engine`,
  ];
  process.stdout.write(
    `${Object.keys(files).join(', ')} written to ${where}. Now:\n\n${steps.map((step) => `  ${step}\n`).join('')}`,
  );
  return 0;
}

/** What is written, by name. */
async function filesFor(dir: string): Promise<Readonly<Record<string, string>>> {
  const template = (name: string): Promise<string> =>
    readFile(join(packageRoot(), 'templates', name), 'utf8');
  return {
    [PIPELINE]: await template(PIPELINE),
    'containers.test.ts': await template('containers.test.ts'),
    'package.json': `${JSON.stringify(packageFor(dir), null, 2)}\n`,
    'tsconfig.json': await template('tsconfig.json'),
    // npm packs no file of that name.
    '.gitignore': await template('gitignore'),
  };
}

function packageFor(dir: string): object {
  const { version, dependencies, devDependencies, engines } = readManifest();
  const root = packageRoot();
  const isInstalled = root.split(sep).includes('node_modules');
  return {
    name: packageNameOf(dir),
    private: true,
    type: 'module',
    engines,
    scripts: {
      start: `pipeline run ${PIPELINE}`,
      check: `pipeline check ${PIPELINE}`,
      test: 'pipeline test',
    },
    dependencies: {
      // A checkout is of no version that could be fetched.
      dockrx: isInstalled ? `^${version}` : `file:${relative(dir, root).split(sep).join('/')}`,
      rxjs: dependencies['rxjs'],
    },
    devDependencies: {
      '@types/node': dependencies['@types/node'],
      typescript: devDependencies['@typescript/native']?.replace('npm:typescript@', ''),
    },
  };
}

/** npm takes small letters, digits and a few marks. */
const packageNameOf = (dir: string): string =>
  basename(dir)
    .toLowerCase()
    .replace(/[^a-z\d-]+/g, '-')
    .replace(/^-+|-+$/g, '') || 'pipelines';

async function namesIn(dir: string): Promise<readonly string[]> {
  try {
    await mkdir(dir, { recursive: true });
    return await readdir(dir);
  } catch (cause) {
    const isFile = ['EEXIST', 'ENOTDIR'].includes((cause as NodeJS.ErrnoException).code ?? '');
    const why = isFile ? 'is in the way, and no folder' : `cannot be made: ${messageOf(cause)}`;
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
