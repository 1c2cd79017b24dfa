import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { of } from 'rxjs';
import { pipeline } from '../../src/core/pipeline.ts';
import { runPipeline } from '../../src/core/run.ts';
import { journaled } from '../../src/journal/journaled.ts';
import type { Gap } from '../../src/records/gap.ts';
import { hear as hearFacts } from '../core/runs.ts';
import { gathering } from '../core/sinks.ts';
import { smallDisk } from '../small-disk.ts';
import { hear } from '../sources/hear.ts';
import type { Hearing } from '../sources/hear.ts';
import { fed, inWorld, journalFolder, numbered } from './feed.ts';

const retried = ({ facts }: Hearing<unknown>): readonly unknown[] =>
  facts.flatMap((fact) => (fact.type === 'retrying' ? [fact.error] : []));

describe('journaled on a disk', () => {
  describe('that is full', () => {
    const disk = smallDisk('size=1m');
    const dir = (): string => join(disk.folder(), 'journal');

    for (const room of [0, 4096, 40_960])
      it(`but for ${room} bytes says so, gives nothing that is not on it, and goes on when there is room`, async () => {
        const { source, push, end, world } = fed();
        const heard = hear(journaled(source, { dir: dir(), maxBytes: 524_288 }));
        push({ seq: -1 });
        await heard.until(({ records }) => records.length === 1);
        await disk.leaveRoom(room);
        push(...numbered(0, 1500, { text: 'é'.repeat(50) }));
        end();
        await heard.until(() => retried(heard).length > 1);
        expect(retried(heard)[0]).to.deep.include({
          code: 'SOURCE_UNAVAILABLE',
          message: `cannot use ${dir()} (ENOSPC): the disk is full: make room; until then records wait`,
        });
        expect(heard.records.length).to.be.below(1000);
        await disk.giveRoom();
        await heard.end;
        expect(inWorld(heard.records, world).missing).to.equal(0);
        expect(heard.facts.filter(({ type }) => type === 'recovered')).to.have.lengthOf(1);

        const again = hear(journaled(of(), { dir: dir() }));
        await again.end;
        expect(inWorld(again.records, world).missing).to.equal(0);
      });

    it('for too long drops the newest of what waits, and says so behind it', async () => {
      const { source, push, end, world } = fed();
      const options = { dir: dir(), maxBytes: 524_288 };
      const heard = hear(journaled(source, options));
      push({ seq: -1 });
      await heard.until(({ records }) => records.length === 1);
      await disk.leaveRoom(0);
      const text = 'x'.repeat(10_000);
      push(...numbered(0, 4000, { text }));
      const dropped = heard.facts.filter(({ type }) => type === 'dropped').length;
      expect(dropped).to.be.within(600, 1000);
      await heard.until(() => retried(heard).length > 0);
      await disk.giveRoom();
      await heard.until(({ records }) => (records.at(-1) as { seq?: number }).seq === 3999 - dropped);
      push({ seq: 4000 });
      end();
      await heard.end;
      const gaps = heard.records.filter(
        (record): record is Gap => (record as { kind?: string }).kind === 'gap',
      );
      expect(gaps.at(-1)).to.deep.include({ reason: 'journal-behind', atLeast: dropped });
      expect(heard.records.at(-1)).to.deep.equal({ seq: 4000 });
      inWorld(heard.records, world);
    });

    it('at the start is waited for by a run', async () => {
      mkdirSync(dir());
      await disk.leaveRoom(0);
      const facts = hearFacts('journal-disk-full');
      const kept = gathering();
      const run = runPipeline(
        pipeline('journal-disk-full', journaled(of(1, 2), { dir: dir() }), kept.sink as never),
      );
      expect((await facts.until('retrying')).error).to.have.property('code', 'SOURCE_UNAVAILABLE');
      await disk.giveRoom();
      const { outcome, stages } = await run.done;
      expect([outcome, kept.records]).to.deep.equal(['completed', [1, 2]]);
      expect(stages[0]!.retries).to.be.above(0);
      facts.end();
    });
  });

  describe('that is read-only', () => {
    const disk = smallDisk('size=256k');

    it('says so at the start, for good', async () => {
      disk.remount('ro');
      for (const dir of [disk.folder(), join(disk.folder(), 'journal')]) {
        const { code, message } = (await hear(journaled(of(1), { dir })).failure) as {
          code: string;
          message: string;
        };
        expect(code).to.equal('SOURCE_REFUSED');
        expect(message).to.match(/^cannot use .* \(EROFS\): the file system is read-only: mount it writable/);
      }
    });
  });

  describe('that it may not use', () => {
    const folder = journalFolder();

    it('says so, for good', () => {
      const base = dirname(folder());
      chmodSync(base, 0o755);
      mkdirSync(join(base, 'closed'), { mode: 0o555 });
      mkdirSync(join(base, 'open'));
      chmodSync(join(base, 'open'), 0o777);
      writeFileSync(join(base, 'file'), '');
      const dirs = ['closed', 'closed/journal', 'file', 'file/journal', 'open', 'open/deep/journal'];
      const program = fileURLToPath(new URL('denied-program.ts', import.meta.url));
      const out = execFileSync(
        process.execPath,
        ['--import', 'tsx', program, ...dirs.map((dir) => join(base, dir))],
        { encoding: 'utf8' },
      );
      const outcomes = out
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as { code: string; message: string });
      expect(outcomes.map(({ code }) => code)).to.deep.equal([
        ...['SOURCE_REFUSED', 'SOURCE_REFUSED', 'SOURCE_REFUSED', 'SOURCE_REFUSED', 'written', 'written'],
      ]);
      for (const { message } of outcomes.slice(0, 2))
        expect(message).to.match(/^cannot use .* \(EACCES\): this user may not write there/);
      for (const { message } of outcomes.slice(2, 4))
        expect(message).to.match(/\((EEXIST|ENOTDIR)\): a part of the path is a file and no folder/);
      rmSync(join(base, 'open'), { recursive: true });
    });
  });
});
