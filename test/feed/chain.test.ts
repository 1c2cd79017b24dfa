import { expect } from 'chai';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../harness/free-port.ts';
import { becomes } from '../sources/hear.ts';
import { KILLS, program } from './kills.ts';
import type { Killed } from './kills.ts';

describe('a process that reads the feed of another, either killed again and again', () => {
  let folder = '';
  const programs: Killed[] = [];
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'dockrx-chain-'));
  });
  afterEach(async () => {
    await Promise.all(programs.splice(0).map(({ kill }) => kill()));
    rmSync(folder, { recursive: true, force: true });
  });

  it(`writes every event once, in order, over ${KILLS} kills`, async () => {
    const port = String(await freePort());
    const served = program(new URL('serving-program.ts', import.meta.url), folder, port, 'sse');
    const chained = program(new URL('chain-program.ts', import.meta.url), folder, port);
    programs.push(served, chained);
    const file = join(folder, 'chained.ndjson');
    const sizeOf = (): number => statSync(file, { throwIfNoEntry: false })?.size ?? 0;
    const grows = async (): Promise<void> => {
      const wanted = sizeOf() + 1 + Math.floor(Math.random() ** 3 * 100_000);
      await becomes(() => sizeOf() >= wanted);
    };
    served.start();
    chained.start();
    await grows();
    for (let kill = 0; kill < KILLS; kill += 1) {
      const one = kill % 2 === 0 ? served : chained;
      await one.kill();
      one.start();
      // The file that is cut back at a start grows behind the cut.
      await grows();
    }
    await Promise.all(programs.splice(0).map(({ kill }) => kill()));
    const seqs = readFileSync(file, 'utf8')
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as { readonly seq?: number });
    expect(seqs.length).to.be.greaterThan(KILLS);
    for (const [i, record] of seqs.entries())
      if (record.seq !== seqs[0]!.seq! + i)
        throw new Error(`line ${i + 1} of the file is ${JSON.stringify(record)}`);
  }).timeout(20_000 + 20_000 * KILLS);
});
