import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { tail, until } from './daemon.ts';
import type { TestEngine } from './engines.ts';
import { freePort } from './free-port.ts';
import { childrenOf, hasEnded } from './namespace.ts';
import { cacheFolder } from './rootfs.ts';

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

const SUITE = 'bullseye';
const VERSION = '0.38.7';
const END_MS = 10_000;
const START_TIMEOUT_MS = 5 * 60_000;
const run = promisify(execFile);

/** The program out of Debian's package, fetched on first use into the folder where the engines' are; no system change. */
async function cadvisorProgram(): Promise<string> {
  const ready = join(dirname(cacheFolder()), `cadvisor-${VERSION}`);
  const program = join(ready, 'usr/bin/cadvisor');
  if (existsSync(program)) return program;
  mkdirSync(dirname(ready), { recursive: true });
  const building = mkdtempSync(`${ready}.`);
  try {
    await fetchPackage(building);
    renameSync(building, ready);
  } catch (error) {
    // Another process may have been quicker: its folder is as good.
    if (!existsSync(program)) throw error;
  } finally {
    rmSync(building, { recursive: true, force: true });
  }
  return program;
}

/** Package lists, sources and archives of its own: the machine's apt does not notice. */
async function fetchPackage(folder: string): Promise<void> {
  const apt = join(folder, 'apt');
  mkdirSync(join(apt, 'lists/partial'), { recursive: true });
  const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg';
  const sources = join(apt, 'sources.list');
  writeFileSync(sources, `deb [signed-by=${keyring}] http://deb.debian.org/debian ${SUITE} main\n`);
  const own = {
    'Dir::Etc::sourcelist': sources,
    'Dir::Etc::sourceparts': '/dev/null',
    'Dir::State::lists': join(apt, 'lists'),
    'Dir::Cache': apt,
    'Acquire::Languages': 'none',
    'APT::Sandbox::User': 'root',
  };
  const options = Object.entries(own).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
  await run('apt-get', [...options, '-qq', 'update'], { cwd: apt });
  await run('apt-get', [...options, '-qq', 'download', 'cadvisor'], { cwd: apt });
  const [archive] = readdirSync(apt).filter((name) => name.endsWith('.deb'));
  await run('dpkg-deb', ['-x', join(apt, archive!), folder]);
  rmSync(apt, { recursive: true });
}

/**
 * Gives the suite it is called in a cAdvisor beside its engine; call it behind `useEngine`. Where its package cannot be
 * fetched the suite is skipped and says why; under `CI=true` it fails.
 */
export function useCadvisor(engine: () => TestEngine): () => TestCadvisor {
  let cadvisor: TestCadvisor | undefined;
  before('starts cAdvisor', async function () {
    this.timeout(START_TIMEOUT_MS);
    try {
      await cadvisorProgram();
    } catch (error) {
      if (process.env['CI'] === 'true') throw error;
      const skipReason = `cAdvisor ${VERSION} cannot be fetched: ${(error as Error).message.trim()}`;
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
  const program = await cadvisorProgram();
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
