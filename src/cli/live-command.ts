import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { onFact } from '../core/facts.ts';
import { packageRoot } from './package-root.ts';
import { runCommand } from './run-command.ts';
import type { RunCommandOptions } from './run-command.ts';

export type LiveCommandOptions = Pick<
  RunCommandOptions,
  'drainMs' | 'simulate' | 'state' | 'listen' | 'insecure' | 'tlsCert' | 'tlsKey' | 'quiet' | 'logLevel'
> & {
  /** Whether a browser is opened where there is a desktop. */
  readonly open: boolean;
};

/** Runs pipelines/live.ts, prints where its page is, and opens that. Returns the exit code, as `run` does. */
export async function liveCommand({ open, state, ...options }: LiveCommandOptions): Promise<number> {
  // The pipeline keeps its feed there too.
  if (state !== undefined) process.env['DOCKRX_STATE'] = state;
  const silence = onFact((fact) => {
    if (fact.type !== 'opened' || fact.stage !== 'livePage') return;
    const token = process.env['DOCKRX_TOKEN'];
    const url = token === undefined ? fact.target : `${fact.target}?token=${encodeURIComponent(token)}`;
    process.stdout.write(`${fact.target}\n`);
    if (open && hasDesktop(process.env, process.platform)) openBrowser(url, process.platform);
  });
  try {
    return await runCommand([join(packageRoot(), 'pipelines/live.ts')], {
      ...{ ...options, state, audit: false },
    });
  } finally {
    silence();
  }
}

/** Whether somebody sits in front of this machine: not in CI, and not over ssh. */
export function hasDesktop(env: NodeJS.ProcessEnv, platform: NodeJS.Platform): boolean {
  const isSet = (name: string): boolean => env[name] !== undefined && env[name] !== '';
  if (['CI', 'SSH_CONNECTION', 'SSH_TTY'].some(isSet)) return false;
  return platform === 'darwin' || platform === 'win32' || isSet('DISPLAY') || isSet('WAYLAND_DISPLAY');
}

function openBrowser(url: string, platform: NodeJS.Platform): void {
  const opener = { darwin: 'open', win32: 'explorer' }[platform as string] ?? 'xdg-open';
  const child = spawn(opener, [url], { stdio: 'ignore', detached: true });
  // Without such a program the address has been printed.
  child.on('error', () => undefined);
  child.unref();
}
