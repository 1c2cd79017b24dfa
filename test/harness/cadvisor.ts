import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tail, until } from './daemon.ts';
import type { TestEngine } from './engines.ts';
import { freePort } from './free-port.ts';
import { childrenOf, hasEnded } from './namespace.ts';
import { unpackedProgram } from './unpacked-program.ts';

/** A real cAdvisor that watches the containers of a test engine, and all else on this machine. */
export interface TestCadvisor {
  /** `http://127.0.0.1:PORT`; the same after a restart. */
  readonly address: string;
  /** Ends it; resolves with whether it heeded the signal within so long. After that it is killed. */
  end(signal?: NodeJS.Signals, withinMs?: number): Promise<boolean>;
  /** Starts it again; resolves when it answers. */
  start(): Promise<void>;
  logTail(lines?: number): string;
}

/** The last one that Debian had: 0.38.7. */
const CADVISOR = { name: 'cadvisor', suite: 'bullseye', program: 'usr/bin/cadvisor' };
const END_MS = 10_000;
const START_TIMEOUT_MS = 5 * 60_000;

/**
 * Gives the suite it is called in a cAdvisor beside its engine; call it behind `useEngine`. Where its package cannot be
 * fetched the suite is skipped and says why; under `CI=true` it fails.
 */
export function useCadvisor(engine: () => TestEngine): () => TestCadvisor {
  let cadvisor: TestCadvisor | undefined;
  before('starts cAdvisor', async function () {
    this.timeout(START_TIMEOUT_MS);
    try {
      await unpackedProgram(CADVISOR);
    } catch (error) {
      if (process.env['CI'] === 'true') throw error;
      const skipReason = `cAdvisor cannot be fetched: ${(error as Error).message.trim()}`;
      Object.assign(this.test!.parent!, { skipReason });
      this.skip();
    }
    cadvisor = await startCadvisor(engine());
  });
  return () => {
    if (cadvisor === undefined) throw new Error('cAdvisor has not been started yet');
    return cadvisor;
  };
}

/** Starts a cAdvisor beside an engine: in its mounts and processes, on this machine's loopback. It ends with the engine. */
async function startCadvisor(engine: TestEngine): Promise<TestCadvisor> {
  const program = await unpackedProgram(CADVISOR);
  const port = await freePort();
  const address = `http://127.0.0.1:${port}`;
  const logFile = join(engine.dir, `cadvisor-${port}.log`);
  writeFileSync(logFile, '');
  const command = [
    ...['setpriv', '--pdeathsig', 'KILL', 'nsenter', '-t', String(engine.pid), '-m', '-p', '--'],
    ...[program, '-listen_ip', '127.0.0.1', '-port', String(port), '-logtostderr'],
    ...['-docker', engine.dockerHost, '-docker_root', join(engine.dir, 'data')],
    ...['-housekeeping_interval', '1s', '-global_housekeeping_interval', '10s'],
  ];
  let child: ChildProcess | undefined;
  const cadvisor: TestCadvisor = {
    address,
    async start() {
      const log = openSync(logFile, 'a');
      const [file, ...args] = command;
      const started = spawn(file!, args, { stdio: ['ignore', log, log] });
      closeSync(log);
      started.unref();
      child = started;
      await until(`cAdvisor answers at ${address}`, logFile, () => {
        if (hasEnded(started)) throw new Error(`cAdvisor has ended; its log ends:\n${tail(logFile)}`);
        return fetch(`${address}/healthz`).then(
          ({ ok }) => ok,
          () => false,
        );
      });
    },
    async end(signal = 'SIGTERM', withinMs = END_MS) {
      if (child === undefined || hasEnded(child)) return true;
      child.ref();
      const ended = once(child, 'exit');
      const send = (what: NodeJS.Signals): void => {
        for (const pid of childrenOf(child!.pid!)) process.kill(pid, what);
      };
      send(signal);
      let heeded = true;
      const late = setTimeout(() => {
        heeded = false;
        send('SIGKILL');
      }, withinMs);
      await ended;
      clearTimeout(late);
      return heeded;
    },
    logTail: (lines) => tail(logFile, lines),
  };
  await cadvisor.start();
  return cadvisor;
}
