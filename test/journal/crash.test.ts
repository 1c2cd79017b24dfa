import { expect } from 'chai';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { of } from 'rxjs';
import type { JournaledOptions } from '../../src/journal/journaled.ts';
import { journaled } from '../../src/journal/journaled.ts';
import { becomes, hear } from '../sources/hear.ts';
import { journalFolder } from './feed.ts';
import { worldRecord } from './world.ts';

const PROGRAM = fileURLToPath(new URL('journaling-program.ts', import.meta.url));
const KILLS = 8;

describe('journaled in a process that is killed again and again', () => {
  const dir = journalFolder();

  for (const [how, more] of [
    ['syncs each batch', {}],
    ['never syncs, in small segments', { maxBytes: 64 * 1024 * 1024, sync: 'never' }],
  ] as const)
    it(`and ${how} keeps every record that was read, once and unaltered`, async () => {
      const options = { dir: dir(), ...more };
      let place = 0;
      for (let kill = 0; kill < KILLS; kill += 1) place = await killed(options, place);
      const heard = hear(journaled(of(), options));
      await heard.end;
      expect(heard.records.length).to.be.at.least(place);
      for (const [seq, record] of heard.records.entries())
        if (JSON.stringify(record) !== JSON.stringify(worldRecord(seq)))
          throw new Error(`record ${seq} is ${JSON.stringify(record)}`);
    }).timeout(180_000);
});

/** Kills the program at a random moment of its work; returns the place behind what it has read for sure. */
async function killed(options: JournaledOptions, from: number): Promise<number> {
  const out = `${options.dir}-read`;
  const file = openSync(out, 'w');
  const child = spawn(process.execPath, ['--import', 'tsx', PROGRAM, JSON.stringify(options), String(from)], {
    stdio: ['ignore', file, 'inherit'],
  });
  const exit = once(child, 'exit');
  const bytes = 1 + Math.floor(Math.random() * 4_000_000);
  await becomes(() => child.exitCode !== null || fstatSync(file).size >= bytes);
  child.kill('SIGKILL');
  const [, signal] = (await exit) as [number | null, string | null];
  expect(signal).to.equal('SIGKILL');
  closeSync(file);
  // The last line may be cut off.
  const lines = readFileSync(out, 'utf8').split('\n').slice(0, -1);
  for (const [i, line] of lines.entries())
    if (line !== JSON.stringify(worldRecord(from + i))) throw new Error(`record ${from + i} came as ${line}`);
  return from + lines.length;
}
