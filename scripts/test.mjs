// `npm test`: gets what the tests need, runs them with the given mocha arguments (all of them without a file name),
// and closes with one line that says how many passed, failed and were skipped.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const ALL_TESTS = 'test/**/*.test.ts';

const args = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), 'dockrx-test-'));
const resultFile = join(folder, 'result.json');
const { 'node-option': loaders, ...options } = JSON.parse(readFileSync(join(ROOT, '.mocharc.json'), 'utf8'));

// Node that runs TypeScript by itself needs no loader.
const nodeFlags = process.features.typescript
  ? ['--disable-warning=ExperimentalWarning']
  : loaders.map((loader) => `--${loader}`);
const mochaFlags = Object.entries(options).map(([name, value]) => `--${name}=${value}`);
const files = args.some((arg) => arg.endsWith('.ts')) ? [] : [ALL_TESTS];

// A signal is for the tests: they clean up, and the closing line still comes.
let interruption;
let running;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    interruption = signal;
    running?.kill(signal);
  });
}

await run([...nodeFlags, 'test/harness/prepare.ts']);
const mocha = [
  'node_modules/mocha/bin/mocha.js',
  '--no-config',
  ...mochaFlags,
  '--reporter=test/harness/reporter.ts',
];
const end = await run([...nodeFlags, ...mocha, ...args, ...files], { DOCKRX_TEST_RESULT: resultFile });
close(end, readResult());

/** Runs Node to its end; resolves with its exit code or the signal that ended it. After a signal nothing is run. */
function run(argv, env = {}) {
  if (interruption !== undefined) return interruption;
  running = spawn(process.execPath, argv, { cwd: ROOT, stdio: 'inherit', env: { ...process.env, ...env } });
  return new Promise((resolve) => running.on('close', (code, signal) => resolve(code ?? signal)));
}

/** Absent when mocha did not get to its end. */
function readResult() {
  try {
    return JSON.parse(readFileSync(resultFile, 'utf8'));
  } catch {
    return undefined;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** A run that broke off, found nothing to run, or died after its last test counts as one failure more. */
function close(end, result = { passed: 0, failed: 0, skipped: 0 }) {
  const { passed, skipped } = result;
  let { failed } = result;
  const ran = passed + failed + skipped;
  if (failed === 0 && (end !== 0 || ran === 0)) {
    failed = 1;
    console.error(
      ran === 0 ? `test: no test ran (mocha: ${end})` : `test: mocha ended with ${end} after its last test`,
    );
  }
  console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
  process.exitCode = failed === 0 ? 0 : 1;
}
