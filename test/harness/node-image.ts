import { execFile, execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { BUSYBOX } from './image.ts';
import { cacheFolder } from './rootfs.ts';

const run = promisify(execFile);

/**
 * An archive to import as an image in which Node programs are built, in place of `node:…` of a registry: this machine's Node,
 * npm and strip, busybox, and every package of the lock file in npm's cache. Returns its path, in `dir`.
 */
export async function nodeImageArchive(dir: string, project: string): Promise<string> {
  const root = join(dir, 'node-image');
  for (const folder of ['bin', 'etc', 'tmp', 'root', 'usr/bin', 'usr/local/bin', 'usr/lib/node_modules'])
    mkdirSync(join(root, folder), { recursive: true });
  cpSync(BUSYBOX, join(root, 'bin/busybox'));
  for (const command of execFileSync(BUSYBOX, ['--list'], { encoding: 'utf8' }).trim().split('\n'))
    if (command !== 'busybox') symlinkSync('busybox', join(root, 'bin', command));
  symlinkSync('/bin/busybox', join(root, 'usr/bin/env'));
  copyProgram(process.execPath, root, 'usr/local/bin/node');
  copyProgram(which('strip'), root, 'usr/bin/strip');
  writeFileSync(join(root, 'usr/bin/ldd'), LDD, {
    mode: 0o755,
  });
  const npm = dirname(dirname(realpathSync(which('npm'))));
  cpSync(npm, join(root, 'usr/lib/node_modules/npm'), { recursive: true });
  symlinkSync('../../lib/node_modules/npm/bin/npm-cli.js', join(root, 'usr/local/bin/npm'));
  cpSync(await packageCache(project), join(root, 'root/npm-cache'), { recursive: true });
  const archive = join(dir, 'node-image.tar');
  await run('tar', ['-C', root, '-cf', archive, '.']);
  rmSync(root, { recursive: true });
  return archive;
}

/** npm, too, looks into it: for which C library packages are to be made. */
const LDD = '#!/bin/sh\n# GNU C Library\nLD_TRACE_LOADED_OBJECTS=1 exec "$1"\n';

/** What makes npm in there find its cache, and ask nobody. */
export const nodeImageEnvironment = (): readonly string[] => [
  'PATH=/usr/local/bin:/usr/bin:/bin',
  'npm_config_cache=/root/npm-cache',
  'npm_config_offline=true',
  // The cache knows packages by their address.
  `npm_config_registry=${execFileSync('npm', ['config', 'get', 'registry'], { encoding: 'utf8' }).trim()}`,
];

/** npm's cache with the packages of the lock file, made on first use and kept. */
async function packageCache(project: string): Promise<string> {
  const files = ['package.json', 'package-lock.json'].map((name) => join(project, name));
  const digest = createHash('sha256');
  for (const file of files) digest.update(readFileSync(file));
  const ready = join(cacheFolder(), `npm-${digest.digest('hex').slice(0, 8)}`);
  if (existsSync(ready)) return ready;
  mkdirSync(cacheFolder(), { recursive: true });
  const building = mkdtempSync(`${ready}.`);
  const folder = mkdtempSync(join(tmpdir(), 'dockrx-npm-'));
  try {
    for (const file of files) cpSync(file, join(folder, file.slice(project.length)));
    const quiet = ['--ignore-scripts', '--no-audit', '--no-fund'];
    await run('npm', ['ci', '--cache', building, ...quiet], { cwd: folder });
    renameSync(building, ready);
  } finally {
    rmSync(folder, { recursive: true, force: true });
    rmSync(building, { recursive: true, force: true });
  }
  return ready;
}

/** With the libraries it names, each at its own place, and one of the C library's that native packages name besides. */
function copyProgram(program: string, root: string, target: string): void {
  cpSync(realpathSync(program), join(root, target));
  const env = { ...process.env, LD_TRACE_LOADED_OBJECTS: '1' };
  const named = execFileSync(program, { env, encoding: 'utf8' }).match(/\/[^ )]+/g) ?? [];
  const more = named.filter((path) => path.endsWith('/libc.so.6')).map((path) => join(path, '../librt.so.1'));
  for (const library of [...named, ...more]) cpSync(realpathSync(library), join(root, library));
}

function which(program: string): string {
  return execFileSync('sh', ['-c', `command -v ${program}`], { encoding: 'utf8' }).trim();
}
