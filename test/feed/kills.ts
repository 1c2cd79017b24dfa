import { buildSync } from 'esbuild';
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, symlinkSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ROOT } from '../cli/program.ts';

/** How often a process is killed in a test: `KILLS=100 npm test -- test/feed`. */
export const KILLS = Number(process.env['KILLS'] ?? 20);

/** A program that is run again whenever it was killed. */
export interface Killed {
  readonly kill: () => Promise<void>;
  readonly start: () => void;
}

/** It is compiled once, into its folder, which is its first argument: so it is there again soon after a kill. */
export function program(file: URL, folder: string, ...args: readonly string[]): Killed {
  const path = join(folder, basename(file.pathname).replace('.ts', '.mjs'));
  const packages = join(folder, 'node_modules');
  if (!existsSync(packages)) symlinkSync(join(ROOT, 'node_modules'), packages);
  buildSync({
    ...{ entryPoints: [fileURLToPath(file)], outfile: path, bundle: true, packages: 'external' },
    ...{ platform: 'node', target: 'node20', format: 'esm', logLevel: 'error' },
  });
  let child: ChildProcess | undefined;
  return {
    start() {
      child = spawn(process.execPath, [path, folder, ...args], { stdio: ['ignore', 'ignore', 'inherit'] });
    },
    async kill() {
      const killed = child;
      if (killed === undefined) return;
      child = undefined;
      if (killed.exitCode !== null) throw new Error(`${path} had ended by itself with ${killed.exitCode}`);
      const exit = once(killed, 'exit');
      killed.kill('SIGKILL');
      await exit;
    },
  };
}

/** So many records are waited for before the next kill: often few, while what came behind the checkpoint comes again. */
export const someRecords = (): number => 1 + Math.floor(Math.random() ** 3 * 1_500);
