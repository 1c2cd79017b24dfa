import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';

/** How often a process is killed in a test: `KILLS=100 npm test -- test/feed`. */
export const KILLS = Number(process.env['KILLS'] ?? 20);

/** A program that is run again whenever it was killed. */
export interface Killed {
  readonly kill: () => Promise<void>;
  readonly start: () => void;
}

export function program(file: URL, args: readonly string[]): Killed {
  const path = fileURLToPath(file);
  let child: ChildProcess | undefined;
  return {
    start() {
      child = spawn(process.execPath, ['--import', 'tsx', path, ...args], {
        stdio: ['ignore', 'ignore', 'inherit'],
      });
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

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
