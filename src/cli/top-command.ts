import { join } from 'node:path';
import { packageRoot } from './package-root.ts';
import { runCommand } from './run-command.ts';
import type { SimulateWhen } from './simulate.ts';

export interface TopCommandOptions {
  readonly simulate?: SimulateWhen | undefined;
  readonly once: boolean;
}

/** Runs pipelines/top.ts, which has the terminal to itself. Returns the exit code, as `run` does. */
export function topCommand({ simulate, once }: TopCommandOptions): Promise<number> {
  if (once) process.env['DOCKRX_ONCE'] = '1';
  const { stdout, stderr } = process;
  const isScreen = stdout.isTTY && !once;
  return runCommand([join(packageRoot(), 'pipelines/top.ts')], {
    ...{ simulate, drainMs: 1_000, quiet: true, audit: false },
    // The screen shows what else would be said.
    logLevel: isScreen ? 'error' : 'warn',
    sayAtEnd: isScreen && stderr.isTTY,
  });
}
