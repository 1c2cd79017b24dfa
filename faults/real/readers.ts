import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { messageOf } from '../../src/core/errors.ts';
import { dockerEngine, dockerEvents, ndjsonFile, pipeline, runPipeline } from '../../src/index.ts';
import { childrenOf, hasEnded, type Namespace } from '../../test/harness/namespace.ts';

/** dockrx reading a real engine into a file. */
export interface Reader {
  readonly text: () => string;
  /** drains and ends it; in words, what was wrong */
  readonly end: () => Promise<readonly string[]>;
}

const PROGRAM = fileURLToPath(new URL('../../bin/pipeline.js', import.meta.url));
const PIPELINE = fileURLToPath(new URL('../killed-pipeline.ts', import.meta.url));

const textOf = (file: string) => (): string => (existsSync(file) ? readFileSync(file, 'utf8') : '');

/** In this process. */
export function readHere(address: string, folder: string): Reader {
  const path = join(folder, 'events.ndjson');
  const stop = new AbortController();
  const source = dockerEvents({
    engine: dockerEngine({ address, host: 'real', headerTimeoutMs: 3000 }),
    labels: ['*'],
    execCommands: 'keep',
  });
  const { done } = runPipeline(pipeline('real', source, ndjsonFile({ path })), {
    stop: stop.signal,
    backoff: { firstMs: 20, maxMs: 500 },
  });
  return {
    text: textOf(path),
    end: async () => {
      stop.abort();
      const { outcome, abandoned, error } = await done;
      if (outcome === 'stopped' && abandoned === 0) return [];
      return [`dockrx ended as ${outcome} and abandoned ${abandoned}: ${messageOf(error)}`];
    },
  };
}

/** As `pipeline run` in a namespace that has a network of its own. */
export function readInside(space: Namespace, address: string, folder: string): Reader {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, 'events.ndjson');
  const log = join(folder, 'dockrx.log');
  const child = space.spawn(
    [
      ...['env', `FAULTS_ENGINE=${address}`, `FAULTS_FILE=${path}`],
      ...[`FAULTS_COUNTS=${join(folder, 'counts.ndjson')}`, process.execPath, PROGRAM],
      ...['run', '--state', join(folder, 'state'), PIPELINE],
    ],
    log,
  );
  return {
    text: textOf(path),
    end: async () => {
      if (hasEnded(child)) {
        const said = readFileSync(log, 'utf8').trim().split('\n').slice(-3).join(' | ');
        return [`dockrx ended by itself with ${String(child.exitCode ?? child.signalCode)}: ${said}`];
      }
      child.ref();
      const ended = once(child, 'exit');
      for (const pid of childrenOf(child.pid!)) process.kill(pid, 'SIGTERM');
      const [code] = (await ended) as [number | null];
      return code === 0 ? [] : [`dockrx ended with ${String(code)}`];
    },
  };
}
