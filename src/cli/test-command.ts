import { spawn } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { messageOf } from '../core/errors.ts';
import { bundle } from './bundle.ts';
import { snapshotOf, untilChanged } from './changes.ts';
import { findTests } from './find-tests.ts';
import { bundleFolder } from './load.ts';
import { displayPath } from './place.ts';
import { onStopSignals } from './signals.ts';
import { moduleOf, MODULES } from './test-reporter.ts';
import { typeCheck } from './type-check.ts';

export interface TestOptions {
  /** Only tests whose name matches it. */
  readonly grep?: string | undefined;
  /** Runs them again whenever a file beside them, or beside what they import, has changed. */
  readonly watch?: boolean | undefined;
}

/**
 * Type-checks the test files, and runs them by Node's own runner, each in a process of its own, loaded as pipelines
 * are. Returns the exit code: 0, 1 where a test has failed, 2 where a file is wrong.
 */
export async function testCommand(names: readonly string[], options: TestOptions): Promise<number> {
  const { grep, watch = false } = options;
  const stop = new AbortController();
  const heedNoMore = onStopSignals(() => stop.abort());
  try {
    if (!watch) return await testAll(await findTests(names), grep, stop.signal, new Set());
    return await testAgain(names, grep, stop.signal);
  } finally {
    heedNoMore();
  }
}

/** Until the stop; the exit code is that of the last time. */
async function testAgain(
  names: readonly string[],
  grep: string | undefined,
  stop: AbortSignal,
): Promise<number> {
  const folders = new Set<string>();
  const isStopped = (): boolean => stop.aborted;
  for (;;) {
    const files = await findTests(names);
    for (const file of files) folders.add(dirname(file));
    const before = await snapshotOf({ folders });
    const known = folders.size;
    const code = await testAll(files, grep, stop, folders);
    if (isStopped()) return code;
    process.stderr.write('\nwatching: the tests run again when a file changes; Ctrl-C ends\n');
    await untilChanged({ folders }, folders.size === known ? before : await snapshotOf({ folders }), stop);
    if (isStopped()) return code;
  }
}

/** Adds the folders of the files that the tests are made of. */
async function testAll(
  files: readonly string[],
  grep: string | undefined,
  stop: AbortSignal,
  folders: Set<string>,
): Promise<number> {
  const { folder, remove } = await bundleFolder();
  try {
    const errors: string[] = [];
    const bundles: string[] = [];
    for (const [i, file] of files.entries()) {
      const outfile = join(folder, moduleOf(displayPath(file), i));
      try {
        const { code, files: parts } = await bundle(file, outfile);
        await mkdir(dirname(outfile), { recursive: true });
        await writeFile(outfile, code);
        for (const part of parts) folders.add(dirname(part));
        bundles.push(outfile);
      } catch (error) {
        if ((error as { code?: unknown }).code !== 'CONFIG_INVALID') throw error;
        errors.push(messageOf(error));
      }
    }
    if (errors.length === 0) errors.push(...(await typeCheck(files)));
    for (const error of errors) process.stderr.write(`${error}\n`);
    return errors.length > 0 ? 2 : await runTests(folder, bundles, grep, stop);
  } finally {
    remove();
  }
}

async function runTests(
  folder: string,
  bundles: readonly string[],
  grep: string | undefined,
  stop: AbortSignal,
): Promise<number> {
  if (stop.aborted) return 1;
  const reporter = import.meta.resolve('./test-reporter.js');
  const flags = ['--enable-source-maps', '--test', `--test-reporter=${reporter}`];
  const filter = grep === undefined ? [] : [`--test-name-pattern=${grep}`];
  const env = { ...process.env, [MODULES]: folder };
  // Set where this runs within a test itself: Node would then run nothing.
  Reflect.deleteProperty(env, 'NODE_TEST_CONTEXT');
  const child = spawn(process.execPath, [...flags, ...filter, ...bundles], { stdio: 'inherit', env });
  const end = (): void => void child.kill('SIGINT');
  stop.addEventListener('abort', end);
  return new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve(code === 0 ? 0 : 1));
  }).finally(() => stop.removeEventListener('abort', end));
}
