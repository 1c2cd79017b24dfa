import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Figures, Job } from './measure.ts';
import { onTime, probe } from './on-time.ts';

/** The attributes of an event of about 950 bytes; the bar ends it, and stands nowhere else. */
export const attributesOf = (seq: number, dueMs: number): Readonly<Record<string, string>> => ({
  ...{ image: 'registry.example.com/team/web:1.2.3', name: 'shop-web-1', filler: 'x'.repeat(450) },
  'com.docker.compose.project': 'shop',
  'com.docker.compose.service': 'web',
  'com.docker.compose.container-number': '1',
  ...{ probe: probe(seq, dueMs), end: '|' },
});

const recordOf = (seq: number, dueMs: number): object => ({
  ...{ kind: 'docker-event', host: 'bench', type: 'container', action: 'start', scope: 'local' },
  id: '4fa6e0f0c6786287e131c3852c58a2e01cc697a68231826813597e4994f1d6e2',
  ...{ time: '2026-11-22T12:34:56.123456789Z', timeNano: '1795350896123456789' },
  attributes: attributesOf(seq, dueMs),
});

/** Publishes as many records as the job says, on time; returns how to stop it. */
export const publishOnTime = (
  { amount: count, perSecond }: Pick<Job, 'amount' | 'perSecond'>,
  publish: (record: object) => void,
): (() => void) => onTime({ count, perSecond }, (seq, dueMs) => publish(recordOf(seq, dueMs)));

/** Serves clients, which live in a process of their own, and measures what that takes here. */
export async function broadcast(
  { amount, clients, steadily }: Job,
  url: string,
  publishAll: () => void,
  /** So many of the clients read nothing once they have been greeted. */
  stalled = 0,
): Promise<Figures> {
  const before = process.memoryUsage.rss();
  const child = spawn(
    process.execPath,
    [
      fileURLToPath(new URL('broadcast-clients.mjs', import.meta.url)),
      url,
      ...[clients, amount, stalled].map(String),
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  await lines.next();
  const clientKiB = (process.memoryUsage.rss() - before) / 1024 / clients;
  let result = '';
  await steadily(async () => {
    publishAll();
    result = (await lines.next()).value as string;
  });
  child.kill();
  const { p50Ms, p99Ms } = JSON.parse(result) as { readonly p50Ms: number; readonly p99Ms: number };
  return { clientKiB, p50Ms, p99Ms };
}
