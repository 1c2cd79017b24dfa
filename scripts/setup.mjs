// Makes a fresh clone ready: checks Node, installs the packages from the lock file, compiles src into dist, and the live
// page into dist/web.
// Does only what is needed; says what it does. Plain JavaScript: it runs before anything is installed.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const COMPILER = 'node_modules/@typescript/native/bin/tsc';
const BUNDLER = 'node_modules/vite/bin/vite.js';

checkNode(process.versions.node);
if (!isInstalled()) install();
if (!isBuilt()) build();

/** The versions package.json asks for: 20.19 or later of 20, or 22.12 and later. */
function checkNode(version) {
  const [major, minor] = version.split('.').map(Number);
  const isGood = (major === 20 && minor >= 19) || (major === 22 && minor >= 12) || major > 22;
  if (!isGood)
    fail(
      `dockrx needs Node 20.19 or later of 20, or 22.12 or later; this is ${version}: see https://nodejs.org`,
    );
}

/** npm keeps a lock of what it has really installed: every package we lock must be in it, in our version. */
function isInstalled() {
  const installed = join(ROOT, 'node_modules/.package-lock.json');
  if (!existsSync(installed)) return false;
  const present = JSON.parse(readFileSync(installed, 'utf8')).packages;
  const wanted = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')).packages;
  return Object.entries(wanted).every(
    ([path, { version, optional }]) => path === '' || optional || present[path]?.version === version,
  );
}

function install() {
  say('installing packages from package-lock.json (npm ci)');
  const flags = ['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'];
  const { npm_execpath: npm } = process.env;
  const { status, error } = npm?.endsWith('.js') ? run(process.execPath, [npm, ...flags]) : run('npm', flags);
  if (error) fail(`cannot run npm: ${error.message}`);
  if (status !== 0) {
    fail(
      'npm ci failed (its messages are above). It needs a package registry: check the network, `npm config get registry`, and try again',
    );
  }
}

/** Built after the last change of any source, of the compiler and of its settings. */
function isBuilt() {
  const built = join(ROOT, 'dist/index.js');
  if (!existsSync(built)) return false;
  const inputs = ['src', 'web', 'tsconfig.json', 'tsconfig.build.json', 'package-lock.json'];
  const builtMs = statSync(built).mtimeMs;
  return inputs.every((input) => newestMs(join(ROOT, input)) < builtMs);
}

/** Into a folder beside it first: dist is always whole, and holds nothing whose source is gone. */
function build() {
  say('compiling src into dist, and the live page into dist/web');
  const fresh = join(ROOT, `.cache/dist-${process.pid}`);
  const flags = ['-p', 'tsconfig.build.json', '--outDir', fresh, '--noEmitOnError'];
  const { status } = run(process.execPath, [join(ROOT, COMPILER), ...flags]);
  const into = ['--outDir', join(fresh, 'web'), '--emptyOutDir', '--logLevel', 'warn'];
  const page = run(process.execPath, [join(ROOT, BUNDLER), 'build', 'web', ...into]);
  if (status !== 0 || page.status !== 0) {
    rmSync(fresh, { recursive: true, force: true });
    fail(`${status !== 0 ? 'src' : 'web'} does not compile (the errors are above)`);
  }
  rmSync(join(ROOT, 'dist'), { recursive: true, force: true });
  renameSync(fresh, join(ROOT, 'dist'));
}

/** When a file, or anything below a folder, was last changed; a folder itself changes when files come or go. */
function newestMs(path) {
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.mtimeMs;
  return Math.max(stat.mtimeMs, ...readdirSync(path).map((name) => newestMs(join(path, name))));
}

function run(file, args) {
  return spawnSync(file, args, { cwd: ROOT, stdio: ['ignore', 2, 2] });
}

function say(what) {
  process.stderr.write(`setup: ${what}\n`);
}

function fail(message) {
  process.stderr.write(`setup: ${message}\n`);
  process.exit(1);
}
