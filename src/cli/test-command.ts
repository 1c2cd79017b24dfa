import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { messageOf } from '../core/errors.ts';
import { bundle } from './bundle.ts';
import { findTests } from './find-tests.ts';
import { onStopSignals } from './signals.ts';
import { typeCheck } from './type-check.ts';

export interface TestOptions {
  /** Only tests whose name matches it. */
  readonly grep?: string | undefined;
}

/**
 * Type-checks the test files, and runs them by Node's own runner, each in a process of its own, loaded as pipelines
 * are. Returns the exit code: 0, 1 where a test has failed, 2 where a file is wrong.
 */
export async function testCommand(names: readonly string[], { grep }: TestOptions): Promise<number> {
  const files = await findTests(names);
  const folder = await mkdtemp(join(tmpdir(), 'dockrx-'));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  process.once('exit', remove);
  try {
    const errors: string[] = [];
    const bundles: string[] = [];
    for (const [i, file] of files.entries()) {
      const outfile = join(folder, String(i), `${basename(file).replace(/\.\w+$/, '')}.mjs`);
      try {
        await bundle(file, outfile);
        bundles.push(outfile);
      } catch (error) {
        if ((error as { code?: unknown }).code !== 'CONFIG_INVALID') throw error;
        errors.push(messageOf(error));
      }
    }
    if (errors.length === 0) errors.push(...(await typeCheck(files)));
    for (const error of errors) process.stderr.write(`${error}\n`);
    return errors.length > 0 ? 2 : await runTests(bundles, grep);
  } finally {
    process.off('exit', remove);
    remove();
  }
}

function runTests(bundles: readonly string[], grep: string | undefined): Promise<number> {
  const flags = ['--enable-source-maps', '--test', '--test-reporter=spec'];
  const filter = grep === undefined ? [] : [`--test-name-pattern=${grep}`];
  const env = { ...process.env };
  // Set where this runs within a test itself: Node would then run nothing.
  Reflect.deleteProperty(env, 'NODE_TEST_CONTEXT');
  const child = spawn(process.execPath, [...flags, ...filter, ...bundles], { stdio: 'inherit', env });
  const heedless = onStopSignals((signal) => child.kill(signal));
  return new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve(code === 0 ? 0 : 1));
  }).finally(heedless);
}
