import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import type { Page } from 'playwright-core';
import { aligned, spread } from './report.ts';
import { firstLine, startPipeline, startSimulatorProcess } from './processes.ts';

/** What a browser tells of some seconds: milliseconds between frames, and of tasks that took 50 or more. */
interface Frames {
  readonly gaps: readonly number[];
  readonly longTasks: readonly number[];
}

/** And how long its main thread was busy, in all and with scripts: other than frames that hardly depends on who else computes. */
interface Watched extends Frames {
  readonly busyMs: number;
  readonly scriptMs: number;
}

/** How many pixels a frame the list is scrolled by. */
const MODES = { 'at rest': 0, scrolled: 40 } as const;

/** What the page does with a thousand containers that all have a reading a second: how smooth it stays. */
export async function pageReport(
  bin: string,
  options: { readonly containers: number; readonly seconds: number; readonly rounds: number },
): Promise<string> {
  const { containers, seconds, rounds } = options;
  const folder = await mkdtemp(join(tmpdir(), 'dockrx-bench-'));
  const simulator = await startSimulatorProcess(bin, join(folder, 'engine.sock'), [
    ...['--scenario', 'quiet', '--events-per-second', '20', '--containers', String(containers)],
  ]);
  const live = startPipeline(['live', '--no-open', '--listen', '127.0.0.1:0'], {
    DOCKER_HOST: `unix://${simulator.socketPath}`,
  });
  const browser = await chromium.launch({
    executablePath: execFileSync('sh', ['-c', 'command -v chromium'], { encoding: 'utf8' }).trim(),
    args: ['--no-sandbox', '--disable-gpu'],
  });
  try {
    const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
    await page.goto(await firstLine(live.stdout));
    await page.locator('.summary', { hasText: `${containers} of ${containers} running` }).waitFor();
    await page.locator('.line .cpu', { hasText: /\d %/ }).first().waitFor();
    // Sparklines are as long as they get.
    await page.waitForTimeout(seconds * 1_000);
    const devtools = await page.context().newCDPSession(page);
    await devtools.send('Performance.enable');
    const busy = async (): Promise<{ TaskDuration: number; ScriptDuration: number }> => {
      const { metrics } = await devtools.send('Performance.getMetrics');
      return Object.fromEntries(metrics.map(({ name, value }) => [name, value * 1_000])) as never;
    };
    const rows: (readonly string[])[] = [];
    for (const [mode, step] of Object.entries(MODES)) {
      const runs: Watched[] = [];
      for (let round = 0; round < rounds; round += 1) {
        process.stderr.write(`page: round ${round + 1} of ${rounds}, ${mode}\n`);
        const before = await busy();
        const frames = await watch(page, step, seconds);
        const after = await busy();
        runs.push({
          ...frames,
          busyMs: after.TaskDuration - before.TaskDuration,
          scriptMs: after.ScriptDuration - before.ScriptDuration,
        });
      }
      rows.push([mode, ...FIGURES.map(([, of, digits]) => spread(runs.map(of), digits))]);
    }
    const title = `the live page with ${containers} containers at 1 Hz, ${seconds} s, table and timeline in sight`;
    return `\n${title}\n${aligned([['', ...FIGURES.map(([name]) => name)], ...rows])}\n`;
  } finally {
    await browser.close();
    await live.stop();
    await simulator.stop();
    await rm(folder, { recursive: true });
  }
}

const at =
  (share: number) =>
  ({ gaps }: Frames): number =>
    [...gaps].sort((a, b) => a - b)[Math.floor((gaps.length - 1) * share)]!;
const sum = (values: readonly number[]): number => values.reduce((all, one) => all + one, 0);

const perSecond = ({ gaps }: Frames, ms: number): number => (ms / sum(gaps)) * 1_000;

const FIGURES: readonly (readonly [string, (watched: Watched) => number, number])[] = [
  ['frames/s', (one) => perSecond(one, one.gaps.length), 1],
  ['p50 ms', at(0.5), 1],
  ['p95 ms', at(0.95), 1],
  ['p99 ms', at(0.99), 1],
  ['longest ms', at(1), 1],
  ['tasks > 50 ms', ({ longTasks }) => longTasks.length, 0],
  ['ms in them', ({ longTasks }) => sum(longTasks), 0],
  ['busy ms/s', (one) => perSecond(one, one.busyMs), 0],
  ['script ms/s', (one) => perSecond(one, one.scriptMs), 0],
];

/** Runs in the page, which knows nothing of here. */
const watch = (page: Page, step: number, seconds: number): Promise<Frames> =>
  page.evaluate<Frames>(`new Promise((resolve) => {
    const box = document.querySelector('.table .scroller');
    const gaps = [];
    const longTasks = [];
    const observer = new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) longTasks.push(duration);
    });
    observer.observe({ entryTypes: ['longtask'] });
    let way = ${step};
    let last;
    const end = performance.now() + ${seconds} * 1000;
    const frame = (now) => {
      if (last !== undefined) gaps.push(now - last);
      last = now;
      if (box.scrollTop + way < 0 || box.scrollTop + box.clientHeight + way > box.scrollHeight) way = -way;
      if (way !== 0) box.scrollTop += way;
      if (now < end) return requestAnimationFrame(frame);
      observer.disconnect();
      resolve({ gaps, longTasks });
    };
    requestAnimationFrame(frame);
  })`);
