import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';

export interface BenchProcess {
  readonly stdout: Readable;
  readonly ended: Promise<unknown>;
}

/** Runs one of the compiled programs in a process of its own, and ends it after so long. */
export function startProcess(
  bin: string,
  name: string,
  args: readonly string[],
  timeout?: number,
): BenchProcess {
  const child = spawn(process.execPath, [join(bin, `${name}.mjs`), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout,
  });
  return { stdout: child.stdout, ended: once(child, 'exit') };
}

export interface SimulatorProcess {
  readonly socketPath: string;
  readonly stop: () => Promise<void>;
}

export async function startSimulatorProcess(
  bin: string,
  socketPath: string,
  load: readonly string[],
): Promise<SimulatorProcess> {
  const child = spawn(process.execPath, [join(bin, 'simulator.mjs'), '--socket', socketPath, ...load], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  await firstLine(child.stdout);
  return {
    socketPath,
    stop: async () => {
      const ended = once(child, 'exit');
      child.kill();
      await ended;
    },
  };
}

/** Runs the built program; it is stopped as a user stops it. */
export function startPipeline(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): { readonly stdout: Readable; readonly stop: () => Promise<unknown> } {
  const program = fileURLToPath(new URL('../bin/pipeline.js', import.meta.url));
  const child = spawn(process.execPath, [program, ...args, '--quiet'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...env },
  });
  const ended = once(child, 'exit');
  return { stdout: child.stdout, stop: () => (child.kill(), ended) };
}

export async function firstLine(stream: Readable): Promise<string> {
  for await (const line of createInterface({ input: stream })) return line;
  throw new Error('the process ended without a word');
}
