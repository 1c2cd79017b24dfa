import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { PipelineError } from '../core/errors.ts';
import { packageRoot, rxjsRoot } from './package-root.ts';
import { displayPath } from './place.ts';

/**
 * Type-checks pipeline files as the loader takes them, with the user's TypeScript or else ours. Returns a line an
 * error, `FILE:LINE:COLUMN: message`, each followed by its indented details.
 */
export async function typeCheck(files: readonly string[]): Promise<readonly string[]> {
  const [first] = files;
  if (first === undefined) return [];
  const from = [...ancestors(dirname(first)), ...ancestors(packageRoot())];
  const compiler = findCompiler(from);
  if (compiler === undefined)
    throw new PipelineError(
      'CONFIG_INVALID',
      `types are not checked: no TypeScript is installed for ${displayPath(first)}; ` +
        `npm install --save-dev typescript @types/node in its folder`,
    );
  const folder = await mkdtemp(join(tmpdir(), 'dockrx-'));
  try {
    const project = join(folder, 'tsconfig.json');
    await writeFile(project, JSON.stringify(configFor(files, from)));
    const output = await runCompiler(compiler, project);
    return output.flatMap(readDiagnostic);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function configFor(files: readonly string[], from: readonly string[]): object {
  const nodeTypes = from.find((folder) => readPackage(join(folder, 'node_modules/@types/node')));
  return {
    files,
    compilerOptions: {
      noEmit: true,
      strict: true,
      target: 'es2023',
      lib: ['es2023'],
      // What the loader takes: endings may be left out, every file is a module, each is translated on its own.
      module: 'esnext',
      moduleResolution: 'bundler',
      moduleDetection: 'force',
      isolatedModules: true,
      allowImportingTsExtensions: true,
      resolveJsonModule: true,
      allowJs: true,
      skipLibCheck: true,
      types: nodeTypes === undefined ? [] : ['node'],
      typeRoots: nodeTypes === undefined ? [] : [join(nodeTypes, 'node_modules/@types')],
      // The loader maps these names to this copy, whatever is installed beside the file.
      paths: {
        dockrx: [join(packageRoot(), 'dist/index.d.ts')],
        'dockrx/client': [join(packageRoot(), 'dist/client/index.d.ts')],
        'dockrx/testing': [join(packageRoot(), 'dist/testing/index.d.ts')],
        rxjs: [rxjsRoot()],
        'rxjs/*': [join(rxjsRoot(), '*')],
      },
    },
  };
}

/** The compiler's script in the nearest folder that has one. */
function findCompiler(folders: readonly string[]): string | undefined {
  for (const folder of folders)
    for (const name of ['@typescript/native', 'typescript']) {
      const path = join(folder, 'node_modules', name);
      const { bin = {} } = readPackage(path) ?? {};
      const script = bin['tsc'] ?? Object.values(bin)[0];
      if (script !== undefined) return join(path, script);
    }
  return undefined;
}

function readPackage(folder: string): { readonly bin?: Readonly<Record<string, string>> } | undefined {
  try {
    return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as object;
  } catch {
    return undefined;
  }
}

function ancestors(folder: string): string[] {
  const parent = dirname(folder);
  return parent === folder ? [folder] : [folder, ...ancestors(parent)];
}

async function runCompiler(script: string, project: string): Promise<readonly string[]> {
  const args = [script, '--project', project, '--pretty', 'false'];
  const { failed, output } = await new Promise<{ failed: boolean; output: string }>((done) => {
    execFile(process.execPath, args, { maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
      done({ failed: error !== null, output: (stdout + stderr).trimEnd() });
    });
  });
  if (failed && output === '') return [`type check failed without a word: ${args.join(' ')}`];
  return output === '' ? [] : output.split('\n');
}

/** `file.ts(3,5): error TS2322: message` as `file.ts:3:5: message (TS2322)`; other lines as they are. */
function readDiagnostic(line: string): readonly string[] {
  const found = /^(.+)\((\d+),(\d+)\): error (TS\d+): (.*)$/.exec(line);
  if (found === null) return [line];
  const [, file = '', row = '', column = '', code = '', message = ''] = found;
  return [`${displayPath(resolve(file))}:${row}:${column}: ${message} (${code})`];
}
