import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { published, type Published } from '../truth.ts';

/** Reads an engine's events beside dockrx, by the plainest means: what it heard is the truth there is. */
export interface Observer {
  /** in the order in which they came, each once */
  readonly truth: readonly Published[];
  readonly lines: readonly string[];
  readonly has: (id: string) => boolean;
  readonly connected: () => boolean;
  readonly stop: () => void;
}

const RETRY_MS = 10;

/** Reads on over restarts, from the oldest event the engine has: known lines are left out. */
export function observe(socketPath: string): Observer {
  const truth: Published[] = [];
  const lines: string[] = [];
  const known = new Set<string>();
  const stopping = new AbortController();
  let connected = false;

  const hear = (line: string): void => {
    if (known.has(line)) return;
    known.add(line);
    lines.push(line);
    truth.push(published(line));
  };
  const read = (since: string): Promise<void> =>
    new Promise((resolve) => {
      let rest = Buffer.alloc(0);
      const call = request(
        { socketPath, path: `/events${since}`, agent: false, signal: stopping.signal },
        (answer) => {
          connected = true;
          answer.on('data', (chunk: Buffer) => {
            rest = Buffer.concat([rest, chunk]);
            for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
              hear(rest.subarray(0, end).toString());
              rest = rest.subarray(end + 1);
            }
          });
          answer.on('error', () => undefined);
          answer.once('close', resolve);
        },
      );
      call.once('error', () => resolve());
      call.end();
    });
  const watch = async (): Promise<void> => {
    await read('?since=0');
    while (!stopping.signal.aborted) {
      connected = false;
      await sleep(RETRY_MS);
      await read('?since=0');
    }
  };
  void watch();
  return {
    truth,
    lines,
    has: (id) => truth.some(({ actor }) => actor.endsWith(` ${id}`)),
    connected: () => connected,
    stop: () => stopping.abort(),
  };
}
