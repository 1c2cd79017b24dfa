import { expect } from 'chai';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { concat, concatMap, from, NEVER, of, timer } from 'rxjs';
import { ndjsonFile } from '../../../src/sinks/ndjson-file.ts';
import { listen, numbered } from '../../contracts/listen.ts';
import { eventually, names, parsed, temporaryFolder } from './folders.ts';

const live = 'containers.log';
const ROTATED = /^containers\.log-\d{14}$/;

/** The name of a file put aside at that moment. */
const nameAt = (ms: number): string =>
  `${live}-${new Date(ms).toISOString().replaceAll(/\D/g, '').slice(0, 14)}`;

describe('ndjsonFile, rotated names by dateext', () => {
  const folder = temporaryFolder();
  const path = (): string => join(folder(), live);
  const rotatedIn = async (): Promise<string[]> =>
    (await names(folder())).filter((name) => ROTATED.test(name));
  const textsIn = async (files: readonly string[]): Promise<string[]> =>
    Promise.all(files.map((name) => readFile(join(folder(), name), 'utf8')));

  it('have the second in UTC behind the whole name', async () => {
    const before = Date.now();
    const sink = ndjsonFile({ path: path(), rotate: { bytes: 20, names: 'dateext' } });
    await listen(sink, from(numbered(3))).end;
    const [name, ...others] = await rotatedIn();
    expect(others).to.deep.equal([]);
    expect(name! >= nameAt(before) && name! <= nameAt(Date.now()), name).to.equal(true);
    expect((await textsIn([name!, live])).map(parsed)).to.deep.equal([numbered(2), [{ seq: 2 }]]);
  });

  it('are never ahead of the clock: a file grows until the next second', async () => {
    const records = numbered(60);
    const sink = ndjsonFile({ path: path(), rotate: { bytes: 30, names: 'dateext' } });
    await listen(sink, from(records).pipe(concatMap((record) => timer(50).pipe(concatMap(() => of(record))))))
      .end;
    const rotated = await rotatedIn();
    expect(rotated).to.have.length.above(1);
    expect(rotated.at(-1)! <= nameAt(Date.now()), rotated.at(-1)).to.equal(true);
    const texts = await textsIn([...rotated, live]);
    expect(texts.flatMap(parsed)).to.deep.equal(records);
    expect(Math.max(...texts.map(({ length }) => length))).to.be.above(30);
  }).timeout(60_000);

  it('never take the name of another file, compressed or not', async () => {
    const soon = Date.now();
    const taken = Array.from({ length: 30 }, (_, s) => nameAt(soon + s * 1000) + ['', '.gz', '.zst'][s % 3]!);
    await Promise.all(taken.map((name) => writeFile(join(folder(), name), 'kept')));
    const sink = ndjsonFile({ path: path(), rotate: { bytes: 20, names: 'dateext' } });
    await listen(sink, from(numbered(3))).end;
    expect(new Set(await textsIn(taken))).to.deep.equal(new Set(['kept']));
    const made = (await rotatedIn()).filter((name) => !taken.includes(name));
    expect((await textsIn([...made, live])).map(parsed)).to.deep.equal([numbered(2), [{ seq: 2 }]]);
  });

  it('tell how old a file is, and which files are others', async () => {
    const others = [`${live}-notes`, `${live}-2015`, `${live}-99999999999999`, `${live}-20150901061717.bak`];
    for (const name of others) await writeFile(join(folder(), name), 'kept');
    const young = nameAt(Date.now() - 1_800_000);
    const old = [nameAt(Date.now() - 3_700_000), `${live}-20150901061717`];
    for (const name of [young, ...old]) await writeFile(join(folder(), name), '{}\n');
    const sink = ndjsonFile({
      path: path(),
      rotate: { everyMs: 60_000, names: 'dateext' },
      keep: { ms: 3_600_000 },
    });
    const heard = listen(sink, concat(from(numbered(1)), NEVER));
    await eventually(async () => (await names(folder())).every((name) => !old.includes(name)));
    expect(await names(folder())).to.deep.equal([live, young, ...others].sort());
    heard.stop();
  });
});
