import { expect } from 'chai';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { useFolder } from '../cli/program.ts';
import type { Started } from '../cli/program.ts';
import { freePort } from '../harness/free-port.ts';
import { startSimulator } from '../../src/simulator/index.ts';
import type { Simulator, SimulatorOptions } from '../../src/simulator/index.ts';
import { becomes } from '../sources/hear.ts';
import { namesOf, picture, useBrowser } from './browser.ts';

const MiB = 1024 * 1024;
/** Of the README: small enough to be kept. */
const PICTURE = { width: 1280, height: 720 };

describe('the live page', function () {
  this.timeout(180_000);
  const open = useBrowser();
  const folder = useFolder();
  let simulator: Simulator;
  let port: number;
  let url: string;
  const begin = async (options: SimulatorOptions = {}): Promise<void> => {
    simulator = await startSimulator({ scenario: 'quiet', containers: 6, ...options });
    port = await freePort();
    url = `http://127.0.0.1:${port}/live/`;
  };
  const live = async (env: NodeJS.ProcessEnv = {}): Promise<Started> => {
    const args = ['live', '--no-open', '--listen', `127.0.0.1:${port}`, '--state', 'state'];
    const program = folder.start(args, { DOCKER_HOST: simulator.host, ...env });
    await program.says(/\/live\/\n/);
    return program;
  };
  const stop = async ({ child, done }: Started): Promise<void> => {
    child.kill('SIGTERM');
    expect((await done).code).to.equal(0);
  };
  afterEach(() => simulator.close());

  const rowOf = (page: Page, name: string) => page.locator(`.line[data-name="${name}"]`);
  const focused = (page: Page): Promise<string | null> => page.locator(':focus').getAttribute('data-name');
  const isLink = (page: Page, state: string): Promise<unknown> =>
    page.waitForSelector(`[data-link="${state}"]`);
  /** The lines of this container in the timeline, in the order of the alphabet: those out of sight are not in the page, so it is filtered for. */
  const linesOf = async (page: Page, name: string): Promise<readonly string[]> => {
    await page.getByLabel('Filter events').fill(name);
    const lines = await page
      .locator('.timeline .happening')
      .evaluateAll((all) =>
        all.map((line) => ['strong', 'small'].map((part) => line.querySelector(part)?.textContent ?? '')),
      );
    return lines
      .filter(([subject]) => subject === name)
      .map(([, text]) => text!)
      .sort();
  };

  it('shows what runs, and a container that is started, killed for want of memory, and removed', async () => {
    await begin();
    const program = await live();
    const { page, complaints } = await open(url);
    await isLink(page, 'live');
    await becomes(async () => (await namesOf(page)).length === 6);
    expect(await page.title()).to.equal('dockrx live');

    simulator.createContainer({ name: 'victim', image: 'greedy:1', memoryLimitBytes: 64 * MiB });
    simulator.start('victim');
    const row = rowOf(page, 'victim');
    await row.locator('.memory', { hasText: 'of 64.0 MiB' }).waitFor();
    await row.locator('.cpu', { hasText: /\d %/ }).waitFor();
    expect(await row.getAttribute('data-oom')).to.equal('false');
    simulator.oom('victim');
    await row.locator('.badge', { hasText: 'OOM' }).waitFor();
    await row.locator('.state', { hasText: 'exited (137)' }).first().waitFor();
    await page.locator('.happening.oom', { hasText: 'victim' }).first().waitFor();
    await page.locator('.summary', { hasText: '1 OOM killed' }).waitFor();
    simulator.remove('victim');
    await page.waitForSelector('.line.removed[data-name="victim"]');
    await row.waitFor({ state: 'detached' });
    expect(await namesOf(page)).to.have.length(6);
    expect(complaints).to.deep.equal([]);
    await stop(program);
  });

  it('draws readings as they come', async () => {
    await begin({ statsEveryMs: 200 });
    const program = await live();
    const { page, complaints } = await open(url);
    const row = page.locator('.line').first();
    await row.click();
    const chart = page.locator('.chart canvas').first();
    const points = async (): Promise<number> =>
      Number(await page.locator('.chart [data-points]').first().getAttribute('data-points'));
    const drawn = (): Promise<string> =>
      chart.evaluate((canvas) => (canvas as unknown as { toDataURL(): string }).toDataURL());
    const spark = (): Promise<string | null> => row.locator('.spark path').first().getAttribute('d');
    await becomes(async () => (await points()) > 3);
    const before = [await points(), await drawn(), await spark()] as const;
    await becomes(async () => (await points()) > before[0] + 5);
    await becomes(async () => (await drawn()) !== before[1]);
    await becomes(async () => (await spark()) !== before[2]);
    expect(await page.locator('.chart figcaption').allTextContents()).to.have.length(4);
    expect(complaints).to.deep.equal([]);
    await stop(program);
  });

  it('goes on without a missing event when dockrx was killed and is there again, and says so', async () => {
    await begin();
    const program = await live();
    const { page } = await open(url);
    await isLink(page, 'live');
    const names = Array.from({ length: 40 }, (_, i) => `batch-${10 + i}`);
    const work = (from: number, to: number): void => {
      for (const name of names.slice(from, to)) {
        simulator.createContainer({ name, image: 'batch:1' });
        simulator.start(name);
        simulator.die(name, 0);
      }
    };
    work(0, 10);
    await becomes(async () => (await linesOf(page, 'batch-19')).length === 3);
    // Before the first checkpoint that knows an event nothing proves that none is missing, and a gap says so.
    const checkpoint = join(folder.path, 'state/live.checkpoint.json');
    await becomes(() => existsSync(checkpoint) && /"lines":"[^"]/.test(readFileSync(checkpoint, 'utf8')));
    program.child.kill('SIGKILL');
    await isLink(page, 'away');
    expect(await page.locator('.banner').textContent()).to.contain('No connection to dockrx');
    work(10, 20);
    const again = await live();
    work(20, 40);
    await isLink(page, 'live');
    await page.waitForSelector('[data-reconnects="1"]');
    // Each line once: with one of them twice it would never be these three.
    for (const name of names)
      await becomes(
        async () => (await linesOf(page, name)).join() === 'created,ended with exit code 0,started',
      );
    await page.getByLabel('Filter events').fill('gap');
    expect(await page.locator('.happening.gap').allTextContents()).to.deep.equal([]);
    expect(await page.locator('[data-reconnects]').getAttribute('title')).to.contain('nothing is missing');
    await stop(again);
  });

  it('can be searched, sorted, grouped and read by the keyboard', async () => {
    await begin();
    const program = await live();
    const { page } = await open(url);
    await becomes(async () => (await namesOf(page)).length === 6);
    const all = await namesOf(page);
    await page.keyboard.press('/');
    await page.keyboard.type(all[2]!);
    await becomes(async () => (await namesOf(page)).length === 1);
    await page.keyboard.type(' no such thing');
    await page.getByText('Nothing matches').waitFor();
    await page.keyboard.press('Escape');
    await becomes(async () => (await namesOf(page)).length === 6);

    await page.getByRole('columnheader', { name: 'Container' }).getByRole('button').click();
    expect(await namesOf(page)).to.deep.equal([...all].reverse());
    await page.getByRole('columnheader', { name: 'Container' }).getByRole('button').click();
    await page.locator('.line').first().focus();
    await page.keyboard.press('ArrowDown');
    await becomes(async () => (await focused(page)) === all[1]);
    await page.keyboard.press('End');
    await becomes(async () => (await focused(page)) === all[5]);
    await page.keyboard.press('Enter');
    await page.waitForSelector(`.detail[data-container="${all[5]!}"]`);
    await page.keyboard.press('Escape');
    await page.locator('.detail').waitFor({ state: 'detached' });
    await page.keyboard.press('g');
    await page.locator('.group').first().waitFor();
    expect(await page.locator('.group strong').allTextContents()).to.deep.equal([
      ...new Set(all.map((name) => name.split('-')[0]!)),
    ]);
    await stop(program);
  });

  it('stands still while it is paused, and then shows what came', async () => {
    await begin();
    const program = await live();
    const { page } = await open(url);
    await becomes(async () => (await namesOf(page)).length === 6);
    await page.getByRole('button', { name: 'Pause' }).click();
    await isLink(page, 'paused');
    simulator.createContainer({ name: 'meanwhile', image: 'late:1' });
    simulator.start('meanwhile');
    // Another page shows it: so it has come.
    const { page: other } = await open(url);
    await rowOf(other, 'meanwhile').waitFor();
    expect(await rowOf(page, 'meanwhile').count()).to.equal(0);
    await page.getByRole('button', { name: 'Go on' }).click();
    await rowOf(page, 'meanwhile').waitFor();
    await becomes(async () => (await linesOf(page, 'meanwhile')).join() === 'created,started');
    await stop(program);
  });

  it('shows what passes through the pipelines', async () => {
    await begin();
    const program = await live();
    const { page, complaints } = await open(url);
    await page.getByRole('button', { name: 'Pipelines' }).click();
    const rate = page.locator('[data-stage="dockerStats"] .rate');
    await becomes(async () => parseFloat((await rate.textContent()) ?? '') > 0);
    expect(await page.locator('[data-pipeline="live"] .stage strong').allTextContents()).to.deep.equal([
      ...['dockerContainers', 'dockerStats', 'dockerEvents', 'derive', 'websocketBroadcast', 'livePage'],
    ]);
    await picture(page, 'pipelines');
    expect(complaints).to.deep.equal([]);
    await stop(program);
  });

  it('asks for the token where there is one', async () => {
    await begin();
    const program = await live({ DOCKRX_TOKEN: 'open-sesame' });
    const { page } = await open(url);
    await page.getByText('dockrx does not show this page to you').waitFor();
    expect(await page.locator('.line').count()).to.equal(0);
    const { page: allowed } = await open(`${url}?token=open-sesame`);
    await becomes(async () => (await namesOf(allowed)).length === 6);
    await stop(program);
  });

  it('is designed where nothing runs', async () => {
    await begin({ containers: 0 });
    const program = await live();
    const { page } = await open(url);
    await page.getByText('No containers').waitFor();
    await page.getByText('Nothing has happened yet').waitFor();
    await picture(page, 'empty');
    await stop(program);
  });

  it('is drawn in light, dark and narrow', async () => {
    await begin({ containers: 12, statsEveryMs: 250 });
    const program = await live();
    const pages = {
      light: await open(url, { colorScheme: 'light', viewport: PICTURE }),
      dark: await open(url, { colorScheme: 'dark', viewport: PICTURE }),
      narrow: await open(url, { viewport: { width: 390, height: 844 } }),
    };
    const { light, dark, narrow } = pages;
    await becomes(async () => (await namesOf(light.page)).length === 12);
    const policy = { name: 'always', maximumRetryCount: 0 } as const;
    simulator.createContainer({ name: 'shop-import-1', image: 'shop/import:3.1.0', restartPolicy: policy });
    simulator.createContainer({
      name: 'shop-report-1',
      image: 'shop/report:1.4.0',
      memoryLimitBytes: 96 * MiB,
    });
    simulator.createContainer({ name: 'shop-gateway-1', image: 'shop/gateway:0.9.2', healthCommand: 'true' });
    for (const name of ['shop-import-1', 'shop-report-1', 'shop-gateway-1']) simulator.start(name);
    for (let i = 0; i < 3; i += 1) simulator.probe('shop-gateway-1', 1);
    for (let i = 0; i < 3; i += 1) {
      await rowOf(light.page, 'shop-import-1').locator('.state', { hasText: 'running' }).first().waitFor();
      simulator.die('shop-import-1', 1);
      const failures = light.page.locator('.happening.failed', { hasText: 'shop-import-1' });
      await becomes(async () => (await failures.count()) === i + 1);
    }
    simulator.oom('shop-report-1', 'child');
    await dark.page.locator('.line').nth(1).click();
    await light.page.locator('.happening.crash-loop').first().waitFor();
    await light.page.locator('.happening.unhealthy').first().waitFor();
    await light.page.locator('.happening.oom').first().waitFor();
    await becomes(
      async () =>
        Number(await dark.page.locator('.chart [data-points]').first().getAttribute('data-points')) > 40,
    );
    for (const [name, { page, complaints }] of Object.entries(pages)) {
      await picture(page, name);
      expect(complaints, name).to.deep.equal([]);
    }
    // Nothing is wider than its screen.
    expect(await narrow.page.evaluate('document.documentElement.scrollWidth')).to.equal(390);
    const background = (page: Page): Promise<unknown> =>
      page.evaluate('getComputedStyle(document.body).backgroundColor');
    expect(await background(dark.page)).not.to.equal(await background(light.page));
    await stop(program);
  });

  it('shows a thousand containers, of which those in sight are in the page', async () => {
    await begin({ containers: 1_000 });
    const program = await live();
    const { page, complaints } = await open(url);
    await page.locator('.summary', { hasText: /1000 of 1000 running/ }).waitFor();
    expect(await page.getByRole('grid').getAttribute('aria-rowcount')).to.equal('1000');
    const lines = await page.locator('.line').count();
    expect(lines).to.be.within(10, 60);
    await page.locator('.line .cpu', { hasText: /\d %/ }).first().waitFor();
    const first = await namesOf(page);
    await page.locator('.table .scroller').evaluate((box) => (box.scrollTop = 30_000));
    await becomes(async () => !(await namesOf(page)).some((name) => first.includes(name)));
    expect(await page.locator('.line').count()).to.be.within(10, 60);
    await page.keyboard.press('g');
    await page.locator('.table .scroller').evaluate((box) => (box.scrollTop = 0));
    await page.locator('.group').first().waitFor();
    await picture(page, 'thousand');
    expect(complaints).to.deep.equal([]);
    await stop(program);
  });
});
