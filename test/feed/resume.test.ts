import { expect } from 'chai';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WebSocket } from 'ws';
import { liveFeed } from '../../src/client/index.ts';
import type { SocketClass } from '../../src/client/index.ts';
import { freePort } from '../harness/free-port.ts';
import { KILLS, program, someRecords } from './kills.ts';
import type { Killed } from './kills.ts';

interface Numbered {
  readonly seq: number;
}

describe('a client of a feed whose process is killed again and again', () => {
  let folder = '';
  let served: Killed | undefined;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'dockrx-feed-'));
  });
  afterEach(async () => {
    await served?.kill();
    rmSync(folder, { recursive: true, force: true });
  });

  it(`gets every event once, in order, over ${KILLS} kills`, async () => {
    const port = await freePort();
    served = program(new URL('serving-program.ts', import.meta.url), folder, String(port), 'ws');
    served.start();
    let kills = 0;
    let next: number | undefined;
    let left = 100;
    let hellos = 0;
    let isBack = false;
    const feed = liveFeed<Numbered>(`ws://127.0.0.1:${port}/ws`, {
      WebSocket: WebSocket as unknown as SocketClass,
      minDelayMs: 20,
      maxDelayMs: 200,
    });
    for await (const frame of feed) {
      if (frame.type === 'hello') {
        expect(frame.pipelines).to.deep.equal(['served']);
        hellos += 1;
        isBack = true;
      }
      if (frame.type === 'gap' || frame.type === 'lost')
        throw new Error(`${JSON.stringify(frame)} after ${kills} kills`);
      if (frame.type !== 'record') continue;
      next ??= frame.record.seq;
      if (frame.record.seq !== next)
        throw new Error(
          `record ${frame.record.seq} (${frame.id}) came in place of ${next} after ${kills} kills`,
        );
      next += 1;
      // What the process before had sent does not count.
      if (isBack) left -= 1;
      if (left > 0) continue;
      if (kills === KILLS) break;
      await served.kill();
      served.start();
      kills += 1;
      isBack = false;
      left = someRecords();
    }
    expect(kills).to.equal(KILLS);
    expect(hellos).to.be.greaterThan(KILLS);
  }).timeout(20_000 + 20_000 * KILLS);
});
