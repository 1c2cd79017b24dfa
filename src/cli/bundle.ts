import { build } from 'esbuild';
import type { BuildOptions, BuildResult, Message, OnResolveResult, Plugin } from 'esbuild';
import { resolve as resolveFrom } from 'import-meta-resolve';
import { readFile } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { dirname, extname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { messageOf } from '../core/errors.ts';
import { snapshotOf, untilChanged } from './changes.ts';
import { fileError } from './place.ts';

export interface Bundle {
  /** Its text, with a source map as its last line. */
  readonly code: string;
  /** The user's own files in the bundle, as absolute paths. */
  readonly files: ReadonlySet<string>;
  /** What each address that the bundle imports was called in the user's files. */
  readonly specifiers: ReadonlyMap<string, string>;
}

/** Names that must be this very copy, whatever is installed beside the pipeline file. */
const OURS = /^(dockrx|rxjs)(\/|$)/;
const SCRIPT = /\.[cm]?[jt]s$/;

/**
 * Makes one module, to be written to `outfile`, of a pipeline file and the files it imports by relative paths; packages
 * are left outside. No tsconfig is read: the file means the same wherever it lies.
 */
export async function bundle(file: string, outfile: string): Promise<Bundle> {
  const specifiers = new Map<string, string>();
  try {
    return bundleOf(await build(settingsFor(file, outfile, specifiers)), specifiers);
  } catch (error) {
    const [first] = (error as { errors?: readonly Message[] }).errors ?? [];
    throw first === undefined ? error : buildError(file, first, error);
  }
}

/** What cannot be found may come anywhere: after an error it is looked for again. */
const AGAIN_MS = 1_000;

/**
 * Bundles, and again whenever one of the files, or a script beside them, has changed, until the stop. They are looked at
 * before they are read: a change that comes meanwhile is not missed.
 */
export async function watchBundle(
  file: string,
  outfile: string,
  built: (bundled: Bundle | Error) => void,
  stop: AbortSignal,
): Promise<void> {
  const folders = new Set([dirname(file)]);
  const files = new Set<string>();
  const isStopped = (): boolean => stop.aborted;
  while (!isStopped()) {
    const before = await snapshotOf({ folders, files });
    const known = files.size;
    const bundled = await bundle(file, outfile).catch((error: unknown) => error as Error);
    if (isStopped()) return;
    const isWrong = bundled instanceof Error;
    for (const part of isWrong ? [] : bundled.files) {
      folders.add(dirname(part));
      files.add(part);
    }
    if (files.size > known) continue;
    built(bundled);
    const patience = isWrong ? AbortSignal.any([stop, AbortSignal.timeout(AGAIN_MS)]) : stop;
    await untilChanged({ folders, files }, before, patience);
  }
}

type BundleSettings = BuildOptions & {
  readonly metafile: true;
  readonly write: false;
  readonly plugins: Plugin[];
};

const settingsFor = (file: string, outfile: string, specifiers: Map<string, string>): BundleSettings => ({
  entryPoints: [file],
  outfile,
  bundle: true,
  metafile: true,
  write: false,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  sourcemap: 'inline',
  sourcesContent: false,
  tsconfigRaw: {},
  logLevel: 'silent',
  // TypeScript alone could tell a missing export from a missing type; unlike a type, it is used here.
  logOverride: { 'import-is-undefined': 'error' },
  define: Object.fromEntries(Object.entries(SCOPE).map(([name, { alias }]) => [name, alias])),
  plugins: [packagesOutside(specifiers), ownScope],
});

function bundleOf(
  { metafile, outputFiles }: BuildResult<BundleSettings>,
  specifiers: ReadonlyMap<string, string>,
): Bundle {
  const names = Object.keys(metafile.inputs).filter((name) => !name.startsWith(`${SCOPE_NAMESPACE}:`));
  return { code: outputFiles[0]!.text, files: new Set(names.map((name) => resolve(name))), specifiers };
}

function buildError(file: string, { text, location }: Message, cause: unknown): Error {
  if (location === null) return fileError({ file }, text, cause);
  // esbuild counts bytes, editors count characters.
  const before = Buffer.from(location.lineText).subarray(0, location.column).toString();
  const place = { file: resolve(location.file), line: location.line, column: before.length + 1 };
  return fileError(place, text, cause);
}

/** Leaves every package outside of the bundle, by its absolute address, so that the bundle may lie anywhere. */
function packagesOutside(specifiers: Map<string, string>): Plugin {
  const outside = (specifier: string, importer: string): OnResolveResult => {
    if (isBuiltin(specifier)) return { path: specifier, external: true };
    try {
      const path = OURS.test(specifier)
        ? import.meta.resolve(specifier)
        : resolveFrom(specifier, pathToFileURL(importer).href);
      specifiers.set(path, specifier);
      return { path, external: true };
    } catch (error) {
      const known = (error as { code?: string }).code === 'ERR_MODULE_NOT_FOUND';
      const text = known
        ? `cannot find package '${specifier}': install it beside this file`
        : messageOf(error);
      return { errors: [{ text }] };
    }
  };
  return {
    name: 'packages-outside',
    setup(esbuild) {
      esbuild.onResolve({ filter: /^[^./#]/ }, ({ kind, path, importer, namespace }) =>
        kind === 'entry-point' || namespace !== 'file' || path.startsWith(`${SCOPE_NAMESPACE}:`)
          ? undefined
          : outside(path, importer),
      );
    },
  };
}

const SCOPE_NAMESPACE = 'pipeline-scope';
const SCOPE: Readonly<Record<string, { alias: string; of: (path: string) => string }>> = {
  'import.meta.url': { alias: '__pipeline_url', of: (path) => pathToFileURL(path).href },
  'import.meta.filename': { alias: '__pipeline_filename', of: (path) => path },
  'import.meta.dirname': { alias: '__pipeline_dirname', of: dirname },
  __filename: { alias: '__pipeline_filename', of: (path) => path },
  __dirname: { alias: '__pipeline_dirname', of: dirname },
};

/**
 * Lets each file see its own place and not the bundle's. What it sees is imported by a line at its end, which
 * moves no line and no column of it.
 */
const ownScope: Plugin = {
  name: 'own-scope',
  setup(esbuild) {
    const aliases = [...new Map(Object.values(SCOPE).map((scope) => [scope.alias, scope.of]))];
    esbuild.onLoad({ filter: SCRIPT, namespace: 'file' }, async ({ path }) => {
      const text = await readFile(path, 'utf8');
      const loader = extname(path).endsWith('ts') ? 'ts' : 'js';
      if (!/\bimport\.meta\b|\b__(file|dir)name\b/.test(text))
        return { contents: text, loader, watchFiles: [path] };
      const names = aliases.map(([alias]) => alias).join(', ');
      const specifier = JSON.stringify(`${SCOPE_NAMESPACE}:${path}`);
      const contents = `${text}\nimport { ${names} } from ${specifier};\n`;
      return { contents, loader, watchFiles: [path] };
    });
    esbuild.onResolve({ filter: new RegExp(`^${SCOPE_NAMESPACE}:`) }, ({ path }) => ({
      path: path.slice(SCOPE_NAMESPACE.length + 1),
      namespace: SCOPE_NAMESPACE,
    }));
    esbuild.onLoad({ filter: /.*/, namespace: SCOPE_NAMESPACE }, ({ path }) => ({
      contents: aliases
        .map(([alias, of]) => `export const ${alias} = ${JSON.stringify(of(path))};`)
        .join('\n'),
    }));
  },
};
