import { readFileSync } from 'node:fs';
import { request, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { StringDecoder } from 'node:string_decoder';
import Docker from 'dockerode';
import { startSimulator, type Simulator, type SimulatorOptions } from '../../src/simulator/index.ts';

/** A recorded answer, as text. */
export const recorded = (folder: 'docker' | 'docker-cgroupv2', name: string): string =>
  readFileSync(new URL(`../fixtures/${folder}/${name}`, import.meta.url), 'utf8');

export const recordedLines = (folder: 'docker' | 'docker-cgroupv2', name: string): string[] =>
  recorded(folder, name).trimEnd().split('\n');

/** Starts simulators that only do what a test says, and closes them after it. */
export function simulators(): (options?: SimulatorOptions) => Promise<Simulator> {
  const open: Simulator[] = [];
  afterEach(async () => {
    await Promise.all(open.splice(0).map((simulator) => simulator.close()));
  });
  return async (options = {}) => {
    const simulator = await startSimulator({
      containers: 0,
      scenario: 'quiet',
      statsEveryMs: 20,
      ...options,
    });
    open.push(simulator);
    return simulator;
  };
}

export const dockerOf = ({ socketPath }: Simulator): Docker => new Docker({ socketPath });

/** Lines of a stream as they come. */
export interface Lines {
  readonly all: readonly string[];
  /** settles when so many lines have come, or fails when the stream is over before */
  readonly until: (count: number) => Promise<readonly string[]>;
  /** settles when so many lines of a kind have come, with these */
  readonly untilSuch: (test: (line: string) => boolean, count: number) => Promise<readonly string[]>;
  /** settles when the stream is over: whether it ended cleanly */
  readonly over: Promise<'clean' | 'cut'>;
}

export function linesOf(stream: NodeJS.ReadableStream): Lines {
  const message = stream as NodeJS.ReadableStream & { readonly complete: boolean };
  const decoder = new StringDecoder('utf8');
  const all: string[] = [];
  const waiting = new Set<() => void>();
  let rest = '';
  let ended = false;
  message.on('error', () => undefined);
  message.on('data', (chunk: Buffer) => {
    const parts = (rest + decoder.write(chunk)).split('\n');
    rest = parts.pop()!;
    for (const part of parts) all.push(part);
    for (const look of waiting) look();
  });
  const closed = new Promise<void>((resolve) => message.once('close', resolve));
  const over = closed.then(() => {
    ended = true;
    for (const look of waiting) look();
    return message.complete ? ('clean' as const) : ('cut' as const);
  });
  const come = (enough: () => boolean, what: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const there = enough();
        if (!there && !ended) return;
        waiting.delete(look);
        if (there) resolve();
        else reject(new Error(`the stream ended after ${all.length} lines, before ${what}`));
      };
      waiting.add(look);
      look();
    });
  return {
    all,
    over,
    until: async (count) => {
      await come(() => all.length >= count, `${count} lines`);
      return all;
    },
    untilSuch: async (test, count) => {
      const such = (): string[] => all.filter(test);
      await come(() => such().length >= count, `${count} lines of a kind`);
      return such();
    },
  };
}

export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A whole answer, with an own connection. */
export const ask = ({ socketPath }: Simulator, path: string, method = 'GET'): Promise<Reply> =>
  new Promise((resolve, reject) => {
    const call = request({ socketPath, path, method, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.once('end', () => {
        const body = Buffer.concat(chunks).toString();
        resolve({ status: response.statusCode!, headers: response.headers, body });
      });
      response.once('error', reject);
    });
    call.once('error', reject).end();
  });

export const askJson = async (simulator: Simulator, path: string): Promise<unknown> => {
  const { status, body } = await ask(simulator, path);
  if (status !== 200) throw new Error(`${path}: ${status} ${body}`);
  return JSON.parse(body);
};

/** Opens a streaming answer with an own connection; `close` is the client going away. */
export const openStream = (
  { socketPath }: Simulator,
  path: string,
): Promise<{ lines: Lines; response: IncomingMessage }> =>
  new Promise((resolve, reject) => {
    const call = request({ socketPath, path, agent: false }, (response) => {
      resolve({ lines: linesOf(response), response });
    });
    call.once('error', reject).end();
  });

/** Just enough of an event for these tests. */
export interface EventLine {
  readonly Type: string;
  readonly Action: string;
  readonly Actor: { readonly ID: string; readonly Attributes: Readonly<Record<string, string>> };
  readonly time: number;
}

export const parseEvents = (lines: readonly string[]): EventLine[] =>
  lines.map((line) => JSON.parse(line) as EventLine);

/** `timeNano` with all its digits. */
export const nanoOf = (line: string): bigint => BigInt(/"timeNano":(\d+)/.exec(line)![1]!);

/** nanoseconds as `since` and `until` take them */
export const seconds = (nano: bigint): string =>
  `${nano / 1_000_000_000n}.${(nano % 1_000_000_000n).toString().padStart(9, '0')}`;
