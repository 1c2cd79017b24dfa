import { expect } from 'chai';
import { readFile, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { concat, from, NEVER, Subject } from 'rxjs';
import { ndjsonFile } from '../../../src/sinks/ndjson-file.ts';
import { listen, numbered } from '../../contracts/listen.ts';
import { eventually, names, parsed, temporaryFolder, textsOf } from './folders.ts';

const ROTATED = /^stats\.\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.\d{3}Z\.ndjson$/;
const live = 'stats.ndjson';

describe('ndjsonFile rotation', () => {
  const folder = temporaryFolder();
  const path = (): string => join(folder(), live);
  const rotatedIn = async (): Promise<string[]> =>
    (await names(folder())).filter((name) => ROTATED.test(name));

  it('while 100,000 records are written loses, doubles and tears none', async () => {
    const records = Array.from({ length: 100_000 }, (_, seq) => ({ seq, text: 'é'.repeat(seq % 90) }));
    const queue = { capacity: 100_000, capacityBytes: 1e9 };
    const rotate = { bytes: 300_000 };
    await listen(ndjsonFile({ path: path(), rotate, compress: 'gzip', queue }), from(records)).end;
    const texts = await textsOf(folder(), live);
    expect(texts.length).to.be.greaterThan(30);
    for (const text of texts) expect(Buffer.byteLength(text)).to.be.within(1, 300_000);
    const whole = records.map((record) => `${JSON.stringify(record)}\n`).join('');
    expect(texts.join('') === whole).to.equal(true);
    const left = (await names(folder())).filter((name) => !name.endsWith('.gz'));
    expect(left, 'all but the live file are compressed').to.deep.equal([live]);
  }).timeout(120_000);

  for (const [bytes, sizes] of [
    [30, [30, 30, 30, 10]],
    [29, [20, 20, 20, 20, 20]],
    [31, [30, 30, 30, 10]],
    [1000, [100]],
  ] as const)
    it(`fills files up to a limit of ${bytes} bytes and not a byte more`, async () => {
      // {"seq":0} and its end: 10 bytes.
      await listen(ndjsonFile({ path: path(), rotate: { bytes } }), from(numbered(10))).end;
      expect((await textsOf(folder(), live)).map((text) => text.length)).to.deep.equal(sizes);
    });

  it('gives a line longer than the limit a file of its own', async () => {
    const records = [{ seq: 0 }, { long: 'x'.repeat(100) }, { seq: 1 }];
    await listen(ndjsonFile({ path: path(), rotate: { bytes: 30 } }), from(records)).end;
    const texts = await textsOf(folder(), live);
    expect(texts.map(parsed)).to.deep.equal(records.map((record) => [record]));
  });

  it('counts what a file held before', async () => {
    await writeFile(path(), '{"old":1}\n');
    await listen(ndjsonFile({ path: path(), rotate: { bytes: 20 } }), from(numbered(2))).end;
    expect((await textsOf(folder(), live)).map(parsed)).to.deep.equal([
      [{ old: 1 }, { seq: 0 }],
      [{ seq: 1 }],
    ]);
  });

  it('never replaces a file of the same name', async () => {
    const soon = Date.now();
    const taken = Array.from({ length: 3000 }, (_, ms) => {
      const stamp = new Date(soon + ms).toISOString().replaceAll(':', '-');
      return `stats.${stamp}.ndjson${['', '.gz', '.zst'][ms % 3]!}`;
    });
    await Promise.all(taken.map((name) => writeFile(join(folder(), name), 'kept')));
    await listen(ndjsonFile({ path: path(), rotate: { bytes: 10 } }), from(numbered(3))).end;
    const bare = (name: string): string => name.replace(/\.(gz|zst)$/, '');
    for (const name of taken) expect(await readFile(join(folder(), name), 'utf8')).to.equal('kept');
    const made = (await names(folder())).filter((name) => !taken.includes(name) && name !== live);
    expect(made).to.have.length(2);
    expect(taken.map(bare)).not.to.include.members([bare(made[0]!)]);
  });

  it('by age puts a file aside that nothing is written to any more', async () => {
    const heard = listen(
      ndjsonFile({ path: path(), rotate: { everyMs: 300 } }),
      concat(from(numbered(3)), NEVER),
    );
    await eventually(async () => (await rotatedIn()).length === 1);
    const [name] = await rotatedIn();
    expect(parsed(await readFile(join(folder(), name!), 'utf8'))).to.deep.equal(numbered(3));
    heard.stop();
  });

  it('by age counts from the first line, also over a restart', async () => {
    const rotate = { everyMs: 700 };
    await listen(ndjsonFile({ path: path(), rotate }), from(numbered(1))).end;
    const { birthtimeMs } = await stat(path());
    // A later change does not make it younger.
    await utimes(path(), new Date(), new Date());
    await eventually(() => Date.now() - birthtimeMs > 700);
    await listen(ndjsonFile({ path: path(), rotate }), from([{ seq: 'next' }])).end;
    expect((await textsOf(folder(), live)).map(parsed)).to.deep.equal([numbered(1), [{ seq: 'next' }]]);
  });

  it('by age leaves young files alone over a restart', async () => {
    const rotate = { everyMs: 3_600_000 };
    await listen(ndjsonFile({ path: path(), rotate }), from(numbered(1))).end;
    await listen(ndjsonFile({ path: path(), rotate }), from(numbered(1))).end;
    expect(await names(folder())).to.deep.equal([live]);
  });

  it('does not put empty files aside', async () => {
    await writeFile(path(), '');
    const { birthtimeMs } = await stat(path());
    const input = new Subject<unknown>();
    const heard = listen(ndjsonFile({ path: path(), rotate: { everyMs: 300 } }), input);
    await eventually(() => Date.now() - birthtimeMs > 700);
    input.next({ seq: 0 });
    input.complete();
    await heard.end;
    expect(await names(folder())).to.deep.equal([live]);
  });

  it('by age also takes files of an earlier run that no record comes for', async () => {
    const template = join(folder(), '{name}.ndjson');
    const record = (name: string): unknown => ({ name });
    await listen(ndjsonFile({ path: template }), from(['one', 'two'].map(record))).end;
    const heard = listen(ndjsonFile({ path: template, rotate: { everyMs: 200 } }), new Subject());
    await eventually(async () =>
      (await names(folder())).every((name) => /^(one|two)\.\d{4}-.*Z\.ndjson$/.test(name)),
    );
    expect(await names(folder())).to.have.length(2);
    heard.stop();
  });

  it('keeps files of other templates as they are', async () => {
    const others = ['notes.txt', 'one.ndjson.bak', '.hidden.ndjson', 'one.2026-11-22.ndjson.old'];
    for (const name of others) await writeFile(join(folder(), name), 'kept');
    const sink = ndjsonFile({
      path: join(folder(), '{name}.ndjson'),
      rotate: { everyMs: 100 },
      keep: { files: 1 },
    });
    const heard = listen(sink, concat(from([{ name: 'one' }]), NEVER));
    await eventually(async () => (await names(folder())).some((name) => /^one\..*Z\.ndjson$/.test(name)));
    heard.stop();
    for (const name of others) expect(await readFile(join(folder(), name), 'utf8')).to.equal('kept');
  });
});
