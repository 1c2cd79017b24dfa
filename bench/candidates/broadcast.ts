import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Figures, Job } from './measure.ts';

/** So many records a second are published. */
const RATE = 1_000;

/** An event of about 950 bytes, as a client gets it; the bar ends it, and stands nowhere else. */
export const recordOf = (seq: number, dueMs: number): object => ({
  ...{ kind: 'docker-event', host: 'bench', type: 'container', action: 'start', scope: 'local', seq, dueMs },
  id: '4fa6e0f0c6786287e131c3852c58a2e01cc697a68231826813597e4994f1d6e2',
  ...{ time: '2026-11-22T12:34:56.123456789Z', timeNano: '1795350896123456789' },
  attributes: {
    ...{ image: 'registry.example.com/team/web:1.2.3', name: 'shop-web-1', filler: 'x'.repeat(450) },
    'com.docker.compose.project': 'shop',
    'com.docker.compose.service': 'web',
    'com.docker.compose.container-number': '1',
    end: '|',
  },
});

/** Publishes so many records, each when it is due by the clock; one that comes late has been late from then on. */
export function publishOnTime(count: number, publish: (record: object) => void): () => void {
  const startMs = performance.timeOrigin + performance.now();
  let seq = 0;
  const timer = setInterval(() => {
    const nowMs = performance.timeOrigin + performance.now();
    for (; seq < count; seq += 1) {
      const dueMs = startMs + (seq * 1_000) / RATE;
      if (dueMs > nowMs) return;
      publish(recordOf(seq, dueMs));
    }
    clearInterval(timer);
  }, 1);
  return () => clearInterval(timer);
}

/** Serves clients, which live in a process of their own, and measures what that takes here. */
export async function broadcast(
  { amount, clients, steadily }: Job,
  url: string,
  publishAll: (count: number) => void,
): Promise<Figures> {
  const before = process.memoryUsage.rss();
  const child = spawn(
    process.execPath,
    [fileURLToPath(new URL('broadcast-clients.mjs', import.meta.url)), url, String(clients), String(amount)],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  await lines.next();
  const clientKiB = (process.memoryUsage.rss() - before) / 1024 / clients;
  let result = '';
  await steadily(async () => {
    publishAll(amount);
    result = (await lines.next()).value as string;
  });
  child.kill();
  const { p50Ms, p99Ms } = JSON.parse(result) as { readonly p50Ms: number; readonly p99Ms: number };
  return { clientKiB, p50Ms, p99Ms };
}
