import { buildSync } from 'esbuild';
import { expect } from 'chai';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { program, someRecords } from '../feed/kills.ts';
import type { Killed } from '../feed/kills.ts';
import { freePort } from '../harness/free-port.ts';
import { becomes } from '../sources/hear.ts';
import { useBrowser } from './browser.ts';
import type { Counted } from './counting-client.ts';

const KILLS = Number(process.env['KILLS'] ?? 100);

describe('a browser that reads a feed whose process is killed again and again', () => {
  const open = useBrowser();
  let folder = '';
  let served: Killed | undefined;
  const script = buildSync({
    ...{ entryPoints: [join(import.meta.dirname, 'counting-client.ts')], write: false, bundle: true },
    ...{ platform: 'browser', target: 'es2022', format: 'esm', logLevel: 'error' },
  }).outputFiles[0]!.text;
  const site = createServer(({ url }, response) => {
    response.setHeader('Content-Type', url === '/client.js' ? 'text/javascript' : 'text/html');
    response.end(url === '/client.js' ? script : '<script type="module" src="/client.js"></script>');
  });
  before(async () => {
    await once(site.listen(0, '127.0.0.1'), 'listening');
  });
  after(() => void site.close());
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'dockrx-browser-'));
  });
  afterEach(async () => {
    await served?.kill();
    rmSync(folder, { recursive: true, force: true });
  });

  it(`gets every event once, in order, over ${KILLS} kills`, async () => {
    const port = await freePort();
    const origin = `http://127.0.0.1:${(site.address() as AddressInfo).port}`;
    served = program(
      new URL('../feed/serving-program.ts', import.meta.url),
      ...([folder, String(port), 'ws', origin] as const),
    );
    served.start();
    const { page } = await open(`${origin}/#ws://127.0.0.1:${port}/ws`);
    const counted = (): Promise<Counted | undefined> => page.evaluate<Counted | undefined>('counted');
    /** So many records of a process that has greeted it more often than before. */
    const gets = (records: number, hellos: number): Promise<void> =>
      becomes(async () => {
        const now = await counted();
        if (now?.wrong !== undefined) throw new Error(now.wrong);
        return now !== undefined && now.hellos > hellos && now.sinceHello >= records;
      });
    await gets(100, 0);
    for (let kill = 0; kill < KILLS; kill += 1) {
      await served.kill();
      const { hellos } = (await counted())!;
      served.start();
      await gets(someRecords(), hellos);
    }
    const { hellos, records, wrong } = (await counted())!;
    expect(wrong).to.equal(undefined);
    expect(hellos).to.be.greaterThan(KILLS);
    expect(records).to.be.greaterThan(KILLS);
  }).timeout(60_000 + 20_000 * KILLS);
});
