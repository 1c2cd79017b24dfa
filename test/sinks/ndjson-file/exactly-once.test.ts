import { expect } from 'chai';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { checkpointFile } from '../../../src/checkpoints/checkpoint-file.ts';
import { onFact } from '../../../src/core/facts.ts';
import { pipeline } from '../../../src/core/pipeline.ts';
import { runPipeline } from '../../../src/core/run.ts';
import type { RunResult } from '../../../src/core/run.ts';
import { ndjsonFile } from '../../../src/sinks/ndjson-file.ts';
import type { NdjsonFileOptions } from '../../../src/sinks/ndjson-file.ts';
import { counting } from '../../core/sources.ts';
import { parsed, temporaryFolder, textsOf } from './folders.ts';

const PROGRAM = fileURLToPath(new URL('exact-program.ts', import.meta.url));
/** A generator of the same numbers each time. */
const random = (seed: number) => (): number => {
  seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
  return seed / 2 ** 31;
};

describe('ndjsonFile with exactlyOnce', () => {
  const folder = temporaryFolder();
  const data = (): string => join(folder(), 'data');
  const live = (): string => join(data(), 'counts.ndjson');
  const checkpoint = (): string => join(folder(), 'state', 'exact.checkpoint.json');
  beforeEach(() => mkdirSync(data()));

  const start = (options: Partial<NdjsonFileOptions>, count: number): ReturnType<typeof spawn> => {
    const all = { exactlyOnce: true, path: live(), ...options };
    const args = [JSON.stringify(all), checkpoint(), String(count)];
    return spawn(process.execPath, ['--import', 'tsx', PROGRAM, ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
  };

  /** What is left of the records in the files of the sink, oldest file first. */
  async function written(): Promise<readonly unknown[]> {
    const cut = `${live()}.cut`;
    if (existsSync(cut)) renameSync(cut, join(folder(), 'cut'));
    const texts = await textsOf(data(), 'counts.ndjson');
    return texts.flatMap((text) => parsed(text));
  }

  for (const [how, more, total] of [
    ['appending', {}, 20_000],
    ['rotating and compressing', { rotate: { bytes: 200_000 }, compress: 'gzip' }, 40_000],
  ] as const)
    it(`has each record once, and counts exactly, however often it is killed while ${how}`, async () => {
      const next = random(7);
      let kills = 0;
      for (let finished = false; !finished;) {
        const child = start(more, total);
        const exit = once(child, 'exit') as Promise<[number | null]>;
        const after = Math.floor(next() * 9000);
        for await (const line of createInterface({ input: child.stdout! }))
          if (Number(line) >= after && kills < 12) child.kill('SIGKILL');
        const [code] = await exit;
        finished = code !== null;
        if (finished) expect(code).to.equal(0);
        else kills += 1;
      }
      expect(kills).to.be.greaterThan(2);
      const counts = (await written()) as { labels: { last: number }; count: number }[];
      expect(counts.map(({ labels, count }) => labels.last + 10 * (count - 1))).to.deep.equal([
        ...Array(total).keys(),
      ]);
    }).timeout(180_000);

  interface Ended extends RunResult {
    readonly notices: readonly string[];
  }

  /** A run in this process of the records up to `total`, from the last checkpoint on. */
  async function run(total: number, options: Partial<NdjsonFileOptions> = {}): Promise<Ended> {
    const notices: string[] = [];
    const deafen = onFact((fact) => {
      if (fact.type === 'notice') notices.push(fact.message);
    });
    const sink = ndjsonFile<number>({ exactlyOnce: true, path: live(), ...options });
    const result = await runPipeline(pipeline('exact', counting(total).source, sink), {
      checkpoints: checkpointFile(checkpoint()),
      checkpointMs: 1,
    }).done;
    deafen();
    return { ...result, notices };
  }
  const numbers = (from: number, to: number): string =>
    Array.from({ length: to - from }, (_, i) => `${from + i}\n`).join('');

  it('cuts off what was written behind the checkpoint, and keeps it aside', async () => {
    await run(10);
    appendFileSync(live(), `${numbers(10, 13)}{"to`);
    const { notices } = await run(20);
    expect(readFileSync(live(), 'utf8')).to.equal(numbers(0, 20));
    expect(readFileSync(`${live()}.cut`, 'utf8')).to.equal(`${numbers(10, 13)}{"to\n`);
    expect(notices).to.deep.equal([
      `${live()}: cut back to the last checkpoint; the last 13 bytes are in ${live()}.cut now`,
    ]);
  });

  it('takes back the file that was put aside behind the checkpoint, and the one begun then', async () => {
    await run(10);
    appendFileSync(live(), numbers(10, 12));
    renameSync(live(), join(data(), 'counts.2026-01-02T03-04-05.678Z.ndjson'));
    writeFileSync(live(), numbers(12, 15));
    await run(20, { rotate: { bytes: 1_000_000 } });
    expect(await written()).to.deep.equal([...Array(20).keys()]);
    expect(readFileSync(join(folder(), 'cut'), 'utf8').split('\n').sort().join('\n').trim()).to.equal(
      numbers(10, 15).trim(),
    );
  });

  it('puts files aside at checkpoints, and compresses and deletes them once that is safe', async () => {
    for (const total of [1000, 2000, 3000, 4000])
      await run(total, { rotate: { bytes: 1000 }, compress: 'gzip', keep: { files: 2 } });
    const files = await textsOf(data(), 'counts.ndjson');
    expect(files.length).to.be.within(1, 3);
    const left = files.flatMap((text) => parsed(text)) as number[];
    expect(left.at(-1)).to.equal(3999);
    expect(left).to.deep.equal(left.map((_, i) => left[0]! + i));
  });

  it('says that the file is another one, and does not touch it', async () => {
    await run(10);
    copyFileSync(live(), `${live()}.copy`);
    rmSync(live());
    renameSync(`${live()}.copy`, live());
    appendFileSync(live(), numbers(10, 12));
    const { notices } = await run(20);
    expect(readFileSync(live(), 'utf8')).to.equal(numbers(0, 12) + numbers(10, 20));
    expect(notices).to.deep.equal([
      `${live()} is not the file of the last checkpoint: what was written since may be there twice`,
    ]);
  });

  it('says that the file has become shorter', async () => {
    await run(10);
    writeFileSync(live(), numbers(0, 4));
    const { notices } = await run(20);
    expect(readFileSync(live(), 'utf8')).to.equal(numbers(0, 4) + numbers(10, 20));
    expect(notices).to.deep.equal([`${live()} has 12 bytes less than at the last checkpoint: they are lost`]);
  });

  it('refuses a run without checkpoints, a path with tokens, a checkpoint without the file', async () => {
    const sink = ndjsonFile<number>({ exactlyOnce: true, path: live() });
    const { error } = await runPipeline(pipeline('exact', counting(3).source, sink)).done;
    expect(error).to.include({
      code: 'CONFIG_INVALID',
      message: `ndjsonFile: exactlyOnce of ${live()} needs checkpoints: run it with --state DIR`,
    });
    expect(() => ndjsonFile({ exactlyOnce: true, path: 'data/{host}.ndjson' })).to.throw(
      'ndjsonFile: exactlyOnce needs a path without tokens, not data/{host}.ndjson: rotate parts it by time',
    );
    await run(5, { exactlyOnce: false });
    expect((await run(9)).error).to.include({
      code: 'CONFIG_INVALID',
      message: 'ndjsonFile: the checkpoint was taken without exactlyOnce: begin with another --state folder',
    });
  });

  it('refuses a checkpoint that another process uses, and takes over that of a dead one', async () => {
    mkdirSync(join(folder(), 'state'));
    symlinkSync('1@', `${checkpoint()}.lock`);
    expect(((await run(5)).error as Error).message).to.equal(
      `the checkpoint ${checkpoint()} is in use by process 1: stop that one, or give each run a folder of its own`,
    );
    rmSync(`${checkpoint()}.lock`);
    symlinkSync('999999999@', `${checkpoint()}.lock`);
    expect((await run(5)).outcome).to.equal('completed');
    expect(readdirSync(join(folder(), 'state'))).to.deep.equal(['exact.checkpoint.json']);
  });

  it('refuses a checkpoint that is no JSON, or whose folder cannot be made', async () => {
    mkdirSync(join(folder(), 'state'));
    writeFileSync(checkpoint(), '{"version":1,');
    const { error } = await run(5);
    expect((error as Error).message).to.match(
      /^cannot use the checkpoint .*exact\.checkpoint\.json: .*: move it away to begin anew$/,
    );
    rmSync(join(folder(), 'state'), { recursive: true });
    writeFileSync(join(folder(), 'state'), '');
    expect(((await run(5)).error as Error).message).to.contain('choose a folder that can be written to');
  });
});
