import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { ROOT } from '../cli/program.ts';
import { needs } from '../harness/needs.ts';

const FLAGS = [
  ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'],
  ...['--disable-component-update', '--disable-sync'],
];

/** A page in a browser, and what it complained of: nothing, if all is right. */
export interface Opened {
  readonly page: Page;
  /** What it said on its console, errors it threw, and requests to any other host. */
  readonly complaints: readonly string[];
}

/** One Chromium for a suite; its pages are closed after each test. Tests wait for what they expect, up to 60 s. */
export function useBrowser(): (url: string, options?: BrowserContextOptions) => Promise<Opened> {
  let browser: Browser | undefined;
  needs('chromium');
  before('starts chromium', async () => {
    browser = await chromium.launch({
      executablePath: execFileSync('sh', ['-c', 'command -v chromium'], { encoding: 'utf8' }).trim(),
      args: FLAGS,
    });
  });
  afterEach(async () => {
    await Promise.all((browser?.contexts() ?? []).map((context) => context.close()));
  });
  after(() => browser?.close());
  return async (url, options = {}) => {
    const context = await browser!.newContext({
      viewport: { width: 1440, height: 900 },
      timezoneId: 'Europe/Berlin',
      ...options,
    });
    context.setDefaultTimeout(60_000);
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on('console', (message) => {
      // Not found: in the moment between a program's first sink and its last.
      const isEarly = / 404\b|code: 404/.test(message.text());
      if (['error', 'warning'].includes(message.type()) && !isEarly) complaints.push(message.text());
    });
    page.on('pageerror', ({ message }) => complaints.push(message));
    page.on('request', (request) => {
      if (new URL(request.url()).host !== new URL(url).host) complaints.push(`asked ${request.url()}`);
    });
    await page.goto(url);
    return { page, complaints };
  };
}

/** A picture of what is in sight, for people: `.cache/screenshots/NAME.png`. */
export async function picture(page: Page, name: string): Promise<void> {
  const folder = join(ROOT, '.cache/screenshots');
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`) });
}

/** The names of the containers that are in sight, from above. */
export const namesOf = (page: Page): Promise<string[]> =>
  page.locator('.line').evaluateAll((lines) =>
    lines
      .map((line) => ({ name: line.getAttribute('data-name') ?? '', top: line.getBoundingClientRect().top }))
      .sort((one, other) => one.top - other.top)
      .map(({ name }) => name),
  );
