import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { destroyNow, engineDir, removeTraces } from './cleanup.ts';
import { remove, removeAll } from './containers.ts';
import { tail } from './daemon.ts';
import { callApi } from './http.ts';
import { IMAGE, importImage } from './image.ts';
import { type EngineKind, factsOf, isInstalled } from './kinds.ts';
import { type Namespace, openNamespace } from './namespace.ts';
import { rootfs } from './rootfs.ts';

/** A real engine in namespaces of its own, with one image and no container. */
export interface TestEngine {
  readonly kind: EngineKind;
  readonly socketPath: string;
  /** The value for DOCKER_HOST. */
  readonly dockerHost: string;
  /** Name of the image it has (busybox; `sleep 3600` by default). */
  readonly image: string;
  /** A folder that has the same path for the engine and for the test; removed with the engine. */
  readonly dir: string;
  /** Process id, outside, of the first process in its namespaces. */
  readonly pid: number;
  /** Runs a program in its namespaces; resolves with what it printed, trimmed. */
  inside(...command: string[]): Promise<string>;
  /** The beginning of a command that runs another in its network. */
  readonly inItsNetwork: readonly string[];
  /** Runs the engine's own command line (`docker('run', '-d', …)`); resolves with what it printed, trimmed. */
  docker(...args: string[]): Promise<string>;
  /** One API request; resolves with the parsed body, rejects from status 400 on (`error.status`). */
  api(method: string, path: string, body?: unknown): Promise<unknown>;
  /** Removes a container at once, running or not, by id or name; no matter whether it is there. */
  remove(container: string): Promise<void>;
  /** Removes every container, running or not, with its anonymous volumes. */
  removeAll(): Promise<void>;
  /** Ends the daemon alone; its containers run on. SIGKILL unless told; resolves when it has ended. */
  kill(signal?: NodeJS.Signals): Promise<void>;
  /** Starts the daemon again, ending it by SIGTERM first where it runs; resolves when it answers. */
  restart(): Promise<void>;
  /** Stops the daemon where it stands: its socket accepts and nobody answers. */
  freeze(): Promise<void>;
  thaw(): void;
  /** The last lines of the daemon's log. */
  logTail(lines?: number): string;
  /** Ends the engine and removes everything it made. */
  stop(): Promise<void>;
}

const FATAL_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Starts an engine, with these further flags of its server. It ends with `stop()`, and also with this process, however that ends. */
export async function startEngine(kind: EngineKind, flags: readonly string[] = []): Promise<TestEngine> {
  const { family, version, rootfs: recipe } = factsOf(kind);
  const root = isInstalled(kind) ? undefined : await rootfs(recipe);
  const dir = engineDir();
  const socketPath = join(dir, 'engine.sock');
  const dockerHost = `unix://${socketPath}`;
  const logFile = join(dir, 'engine.log');
  writeFileSync(logFile, '');
  const space = await openNamespace(dir, root).catch((error: unknown) => {
    removeTraces(dir);
    throw error;
  });
  const forget = destroyAtExit(dir, space);
  const stop = async (): Promise<void> => {
    await space.close();
    removeTraces(dir);
    forget();
  };

  try {
    const daemon = await family.start(space, dir, socketPath, logFile, flags);
    await checkVersion(socketPath, version);
    await importImage(socketPath, dir);
    return {
      kind,
      socketPath,
      dockerHost,
      image: IMAGE,
      dir,
      pid: space.pid,
      inside: async (...command) => (await space.run(command)).trim(),
      inItsNetwork: ['nsenter', '-t', String(space.pid), '-n', '--'],
      docker: async (...args) => (await space.run([...family.cli, dockerHost, ...args])).trim(),
      api: (method, path, body) => callApi(socketPath, method, path, body),
      remove: (container) => remove(socketPath, container, family),
      removeAll: () => removeAll(socketPath, family),
      kill: (signal = 'SIGKILL') => daemon.end(signal),
      restart: async () => {
        await daemon.end('SIGTERM');
        await daemon.start();
      },
      freeze: () => daemon.freeze(),
      thaw: () => daemon.thaw(),
      logTail: (lines) => tail(logFile, lines),
      stop,
    };
  } catch (error) {
    const log = tail(logFile);
    await stop();
    throw new Error(`cannot start ${kind}: ${(error as Error).message}\nits log ends:\n${log}`, {
      cause: error,
    });
  }
}

async function checkVersion(socketPath: string, expected: string): Promise<void> {
  const { Version } = (await callApi(socketPath, 'GET', '/version')) as { Version: string };
  if (!Version.startsWith(expected))
    throw new Error(`expected version ${expected}x, but its packages have ${Version} now`);
}

/** Destroys the engine when this process ends first; returns how to call that off. */
function destroyAtExit(dir: string, space: Namespace): () => void {
  const forget = (): void => {
    process.off('exit', onExit);
    for (const signal of FATAL_SIGNALS) process.off(signal, onSignal);
  };
  const onExit = (): void => destroyNow(dir, space);
  const onSignal = (signal: NodeJS.Signals): void => {
    forget();
    destroyNow(dir, space);
    if (process.listenerCount(signal) === 0) process.kill(process.pid, signal);
  };
  process.once('exit', onExit);
  for (const signal of FATAL_SIGNALS) process.once(signal, onSignal);
  return forget;
}
