import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { callApi } from './http.ts';
import { childrenOf, hasEnded, type Namespace } from './namespace.ts';

/** An engine's server program inside its namespace. */
export interface Daemon {
  /** Starts it; resolves when it answers. */
  start(): Promise<void>;
  /** Sends a signal that ends it; resolves when it has ended. Does nothing while it is down. */
  end(signal: NodeJS.Signals): Promise<void>;
  /** Stops it where it stands; resolves when it no longer runs. */
  freeze(): Promise<void>;
  thaw(): void;
}

const READY_DEADLINE_MS = 120_000;
const POLL_MS = 25;

/** Runs `command` in `space`, listening on `socketPath` and writing its output to `logFile`. */
export function daemon(
  space: Namespace,
  command: readonly string[],
  socketPath: string,
  logFile: string,
): Daemon {
  let child: ChildProcess | undefined;
  const running = (): ChildProcess => {
    if (child === undefined || hasEnded(child))
      throw new Error(`${command.join(' ')} is not running; its log ends:\n${tail(logFile)}`);
    return child;
  };

  return {
    async start() {
      child = space.spawn(command, logFile);
      await until(`${command.join(' ')} answers`, logFile, async () => {
        running();
        return callApi(socketPath, 'GET', '/_ping').then(
          () => true,
          () => false,
        );
      });
    },
    async end(signal) {
      if (child === undefined || hasEnded(child)) return;
      child.ref();
      const ended = once(child, 'exit');
      for (const pid of childrenOf(child.pid!)) process.kill(pid, signal);
      await ended;
    },
    async freeze() {
      const pids = [...childrenOf(running().pid!), running().pid!];
      process.kill(pids[0]!, 'SIGSTOP');
      // nsenter, the parent, stops itself when it sees that its child has stopped.
      await until('the daemon stands still', logFile, () =>
        Promise.resolve(pids.every((pid) => stateOf(pid) === 'T')),
      );
    },
    thaw() {
      for (const pid of [...childrenOf(running().pid!), running().pid!]) process.kill(pid, 'SIGCONT');
    },
  };
}

/** The last lines of a log, for failure messages. */
export function tail(logFile: string, lines = 30): string {
  return readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-lines).join('\n');
}

/** Asks until it is so; fails with the log's end when that takes too long. */
export async function until(what: string, logFile: string, isSo: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + READY_DEADLINE_MS;
  while (!(await isSo())) {
    if (Date.now() > deadline)
      throw new Error(`waited ${READY_DEADLINE_MS} ms until ${what}; the log ends:\n${tail(logFile)}`);
    await delay(POLL_MS);
  }
}

function stateOf(pid: number): string {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return stat.charAt(stat.lastIndexOf(')') + 2);
}
