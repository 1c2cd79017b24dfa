import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { labelsOf, METRICS, samplesOf } from './containers.ts';
import type { Sample } from './containers.ts';
import { cpuMsSince } from './measure.ts';
import type { Figures } from './measure.ts';

export interface Served {
  readonly take: (sample: Sample) => void;
  readonly url: string;
  /** Makes the text, without serving it, and says how many bytes it has. */
  readonly text: () => Promise<number>;
}

export interface Scraped {
  readonly ms: number;
  readonly bytes: number;
  readonly samples: number;
}

const ROUNDS = 20;
const SCRAPES = 20;

/** Feeds so many series, then has them scraped by another process. */
export async function feedAndScrape(series: number, serve: () => Promise<Served>): Promise<Figures> {
  const containers = Array.from({ length: series / METRICS }, (_, n) => labelsOf(n));
  const rounds = Array.from({ length: ROUNDS }, (_, round) => samplesOf(containers, round));
  const { take, url, text } = await serve();
  const empty = rssMiB();
  for (const sample of rounds[0]!) take(sample);
  const tenThousandMiB = ((rssMiB() - empty) / series) * 10_000;
  // Often enough to be compiled, and measured.
  const times = Math.max(1, Math.round(100_000 / series));
  const feed = (): void => {
    for (let time = 0; time < times; time += 1)
      for (const samples of rounds) for (const sample of samples) take(sample);
  };
  feed();
  const fed = cpuMs(feed);
  const samples = times * ROUNDS * containers.length;
  for (let time = 0; time < SCRAPES; time += 1) await text();
  const before = process.cpuUsage();
  for (let time = 0; time < SCRAPES; time += 1) await text();
  const textCpuMs = cpuMsSince(before) / SCRAPES;
  const scraped = await scrape(url, SCRAPES);
  if (scraped.samples !== series) throw new Error(`${url}: ${scraped.samples} of ${series} series`);
  // By itself: it costs CPU time too.
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  await scrape(url, SCRAPES);
  delay.disable();
  return {
    readingNs: (fed * 1e6) / samples / METRICS,
    thousandSamplesMs: (fed / samples) * 1000,
    textCpuMs,
    scrapeMs: scraped.ms,
    scrapeCpuMs: scraped.cpuMs / SCRAPES,
    blockMs: delay.max / 1e6,
    scrapeKiB: scraped.bytes / 1024,
    tenThousandMiB,
  };
}

function cpuMs(work: () => void): number {
  const before = process.cpuUsage();
  work();
  return cpuMsSince(before);
}

export function rssMiB(): number {
  collectGarbage();
  return process.memoryUsage.rss() / 2 ** 20;
}

export function heapMiB(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed / 2 ** 20;
}

function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
}

/** By a process of its own: a client in this one would be measured with it. */
export async function scrape(url: string, times: number): Promise<Scraped & { readonly cpuMs: number }> {
  const client = fileURLToPath(new URL('scrape-client.mjs', import.meta.url));
  const child = spawn(process.execPath, [client, url, String(times)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  await lines.next();
  const before = process.cpuUsage();
  const told = await lines.next();
  return { ...(JSON.parse(String(told.value)) as Scraped), cpuMs: cpuMsSince(before) };
}
