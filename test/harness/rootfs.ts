import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** What a Debian folder is made of. */
export interface RootfsRecipe {
  readonly suite: string;
  readonly packages: readonly string[];
}

const DEBOOTSTRAP_TIMEOUT_MS = 15 * 60_000;

/**
 * A folder with a minimal Debian and the packages, made on first use (about a minute) and kept in
 * `DOCKRX_ROOTFS_CACHE`, or else in the user's cache folder: it outlives clones and clean-ups of the project.
 * Engines see it through an overlay and never change it. `onMake` is called when it has to be made.
 */
export async function rootfs(recipe: RootfsRecipe, onMake: () => void = () => undefined): Promise<string> {
  const cache = cacheFolder();
  const digest = createHash('sha256').update(JSON.stringify(recipe)).digest('hex').slice(0, 8);
  const ready = join(cache, `${recipe.suite}-${digest}`);
  if (existsSync(ready)) return ready;

  onMake();
  mkdirSync(cache, { recursive: true });
  const building = mkdtempSync(`${ready}.`);
  try {
    await debootstrap(recipe, building);
    rmSync(join(building, 'var/cache/apt'), { recursive: true });
    renameUnlessMade(building, ready);
  } finally {
    rmSync(building, { recursive: true, force: true });
  }
  return ready;
}

/** Where such folders are kept. */
export function cacheFolder(): string {
  const { DOCKRX_ROOTFS_CACHE, XDG_CACHE_HOME } = process.env;
  return DOCKRX_ROOTFS_CACHE ?? join(XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'dockrx', 'rootfs');
}

/** In namespaces of its own, so that an interrupted build leaves neither processes nor mounts. */
function debootstrap({ suite, packages }: RootfsRecipe, target: string): Promise<void> {
  const isolated = [
    '--pdeathsig',
    'KILL',
    'unshare',
    '--mount',
    '--pid',
    '--fork',
    '--kill-child=KILL',
    '--mount-proc',
  ];
  const build = ['debootstrap', '--variant=minbase', `--include=${packages.join(',')}`, suite, target];
  return new Promise((resolve, reject) => {
    execFile(
      'setpriv',
      [...isolated, ...build],
      { timeout: DEBOOTSTRAP_TIMEOUT_MS, maxBuffer: 1 << 26 },
      (error, stdout) => {
        if (error === null) {
          resolve();
          return;
        }
        const log = join(target, 'debootstrap/debootstrap.log');
        const told = existsSync(log) ? readFileSync(log, 'utf8') : stdout;
        reject(
          new Error(
            `cannot make a Debian ${suite} (${build.join(' ')}): ${error.message}\n${told.slice(-2000)}`,
          ),
        );
      },
    );
  });
}

/** Another process may have been quicker: its folder is as good. */
function renameUnlessMade(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if (!existsSync(to)) throw error;
  }
}
