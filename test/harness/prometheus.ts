import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from './free-port.ts';

/** A Prometheus of its own on the loopback: asked by its HTTP API. */
export interface PrometheusServer {
  readonly url: string;
  /** The value of each series of an instant query, by its labels without those of the target. */
  readonly query: (query: string) => Promise<ReadonlyMap<string, number>>;
  /** What another path of its API answers, such as `targets` or `query_exemplars?query=…`. */
  readonly api: (path: string) => Promise<unknown>;
  readonly stop: () => Promise<void>;
}

export interface PrometheusOptions {
  /** Default: the machine's own. */
  readonly program?: string;
  /** `HOST:PORT` of those to scrape, at `/metrics`. */
  readonly targets: readonly string[];
  /** Further lines of the configuration, such as `rule_files`. */
  readonly config?: string;
}

const READY_TIMEOUT_MS = 30_000;
const POLL_MS = 50;

/** Starts a Prometheus, which scrapes each second as job `test`, and waits until it is ready. */
export async function startPrometheus({
  program = 'prometheus',
  targets,
  config = '',
}: PrometheusOptions): Promise<PrometheusServer> {
  const folder = mkdtempSync(join(tmpdir(), 'dockrx-prometheus-'));
  const file = join(folder, 'prometheus.yml');
  const port = await freePort();
  writeFileSync(
    file,
    `global: { scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s }
scrape_configs:
  - job_name: test
    static_configs: [{ targets: ${JSON.stringify(targets)} }]
${config}`,
  );
  const server = spawn(
    program,
    [
      `--config.file=${file}`,
      `--storage.tsdb.path=${join(folder, 'tsdb')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--enable-feature=exemplar-storage',
      '--log.level=warn',
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let log = '';
  server.stderr.on('data', (chunk: Buffer) => (log += chunk.toString()));
  const exited = once(server, 'exit');
  const url = `http://127.0.0.1:${port}`;
  const stop = async (): Promise<void> => {
    if (server.exitCode === null) server.kill();
    await exited;
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await until(`prometheus is ready`, READY_TIMEOUT_MS, async () => {
      if (server.exitCode !== null) throw new Error(`prometheus ended with ${server.exitCode}: ${log}`);
      return (await fetch(`${url}/-/ready`).catch(() => undefined))?.ok;
    });
  } catch (error) {
    await stop();
    throw error;
  }
  const api = async (path: string): Promise<unknown> => {
    const answer = (await (await fetch(`${url}/api/v1/${path}`)).json()) as Answer;
    if (answer.status !== 'success') throw new Error(`${path}: ${answer.error ?? 'no error given'}`);
    return answer.data;
  };
  return {
    url,
    api,
    async query(query) {
      const { result } = (await api(`query?query=${encodeURIComponent(query)}`)) as Vector;
      return new Map(result.map(({ metric, value }) => [labelsOf(metric), Number(value[1])]));
    },
    stop,
  };
}

interface Answer {
  readonly status: string;
  readonly error?: string;
  readonly data: unknown;
}
interface Vector {
  readonly result: readonly {
    readonly metric: Readonly<Record<string, string>>;
    readonly value: readonly [number, string];
  }[];
}

const OF_TARGET = ['__name__', 'job', 'instance'];

const labelsOf = (labels: Readonly<Record<string, string>>): string =>
  Object.entries(labels)
    .filter(([name]) => !OF_TARGET.includes(name))
    .map(([name, value]) => `${name}=${value}`)
    .join(',');

/** Asks again and again until the answer is true; fails, naming what it waited for, when that takes too long. */
export async function until(
  what: string,
  withinMs: number,
  isSo: () => Promise<boolean | undefined> | boolean | undefined,
): Promise<void> {
  const deadline = performance.now() + withinMs;
  while ((await isSo()) !== true) {
    if (performance.now() > deadline) throw new Error(`waited ${withinMs} ms in vain until ${what}`);
    await sleep(POLL_MS);
  }
}

/** What `promtool check metrics` has to say of a text: nothing when it is right. */
export function promtoolComplaints(text: string): string {
  const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], {
    input: text,
    encoding: 'utf8',
  });
  const complaints = `${stdout}${stderr}`.trim();
  return status === 0 || complaints !== '' ? complaints : `promtool ended with ${status}`;
}
