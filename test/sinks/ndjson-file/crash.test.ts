import { expect } from 'chai';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import type { NdjsonFileOptions } from '../../../src/sinks/ndjson-file.ts';
import { names, parsed, temporaryFolder } from './folders.ts';

interface Written {
  readonly run: string;
  readonly seq: number;
}

const PROGRAM = fileURLToPath(new URL('writing-program.ts', import.meta.url));

describe('ndjsonFile in a process of its own', () => {
  const folder = temporaryFolder();
  const options = (more: Partial<NdjsonFileOptions>): NdjsonFileOptions => ({
    path: join(folder(), 'stats.ndjson'),
    ...more,
  });

  /** Every record in the folder, by run, in the order of the files. */
  const found = async (): Promise<Map<string, number[]>> => {
    const files = (await names(folder())).filter((name) => !name.endsWith('.torn'));
    const runs = new Map<string, number[]>();
    const ordered = [...files.filter((name) => name !== 'stats.ndjson'), 'stats.ndjson'];
    for (const name of ordered) {
      const bytes = await readFile(join(folder(), name));
      const text = (name.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString();
      for (const { run, seq } of parsed(text) as Written[])
        if (runs.has(run)) runs.get(run)!.push(seq);
        else runs.set(run, [seq]);
    }
    return runs;
  };

  for (const [how, more] of [
    ['appending', {}],
    ['rotating and compressing', { rotate: { bytes: 500_000 }, compress: 'gzip' }],
  ] as const)
    it(`killed again and again while ${how} loses no delivered record and tears no line`, async () => {
      const delivered: number[] = [];
      for (let run = 0; run < 6; run += 1)
        delivered.push(await killed(options(more), String(run), 1000 + 4000 * run));
      // A last start repairs what the last kill has left.
      await finished(options(more), 'last', 10);

      const runs = await found();
      for (const [run, count] of delivered.entries()) {
        const seqs = runs.get(String(run))!;
        expect(seqs.length, `run ${run} has what it delivered`).to.be.at.least(count);
        expect(
          seqs.every((seq, i) => seq === i),
          `run ${run} is whole and in order`,
        ).to.equal(true);
      }
      expect([...runs.keys()]).to.deep.equal([...delivered.keys(), 'last'].map(String));
    }).timeout(180_000);

  it('beside others that append to the same file mixes no lines and loses none', async () => {
    const count = 20_000;
    const writers = ['one', 'two', 'three'];
    await Promise.all(writers.map((run) => finished(options({}), run, count)));
    const runs = await found();
    for (const run of writers)
      expect(runs.get(run)!.toSorted((a, b) => a - b)).to.deep.equal([...Array(count).keys()]);
  }).timeout(180_000);
});

const start = (options: NdjsonFileOptions, run: string, count: number): ReturnType<typeof spawn> =>
  spawn(process.execPath, ['--import', 'tsx', PROGRAM, JSON.stringify(options), run, String(count)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });

/** Kills the writer once it has delivered so many records; returns how many it said it had. */
async function killed(options: NdjsonFileOptions, run: string, after: number): Promise<number> {
  const child = start(options, run, Infinity);
  const exit = once(child, 'exit');
  let delivered = 0;
  for await (const line of createInterface({ input: child.stdout! })) {
    delivered = Number(line);
    if (delivered >= after) child.kill('SIGKILL');
  }
  await exit;
  return delivered;
}

async function finished(options: NdjsonFileOptions, run: string, count: number): Promise<void> {
  const child = start(options, run, count);
  child.stdout!.resume();
  const [code] = (await once(child, 'exit')) as [number];
  expect(code).to.equal(0);
}
