import { expect } from 'chai';
import { BehaviorSubject, map, of, range } from 'rxjs';
import { utimesSync } from 'node:fs';
import { PipelineError } from '../../src/core/errors.ts';
import { journaled } from '../../src/journal/journaled.ts';
import type { JournaledOptions } from '../../src/journal/journaled.ts';
import type { Gap } from '../../src/records/gap.ts';
import { becomes, hear } from '../sources/hear.ts';
import { bytesIn, fed, feed, inWorld, isLocked, journalFolder, numbered, readFrom } from './feed.ts';
import { segmentsIn, writeSegment } from './segment-files.ts';

const TEXT = { host: 'web', text: 'x'.repeat(1000) };
const MiB = 1024 * 1024;

describe('journaled with a bound', () => {
  const dir = journalFolder();
  const firstKept = (): number => Number(/(\d+)\.segment$/.exec(segmentsIn(dir())[0] ?? '')?.[1] ?? 0);

  for (const maxBytes of [65_536, 300_000, 2 * MiB])
    it(`of ${maxBytes} bytes never has more on disk, and tells exactly what a slow reader has lost`, async () => {
      const { source, push, end, world } = fed();
      const gate = new BehaviorSubject(false);
      const heard = hear(journaled(source, { dir: dir(), maxBytes }), gate);
      for (let i = 0; i < 30; i += 1) {
        push(...numbered(i * 100, i * 100 + 100, TEXT));
        const before = bytesIn(dir());
        await becomes(() => bytesIn(dir()) !== before);
        expect(bytesIn(dir())).to.be.at.most(maxBytes);
      }
      end();
      gate.next(true);
      await heard.end;
      const { missing } = inWorld(heard.records, world);
      expect(bytesIn(dir())).to.be.within(maxBytes * 0.7, maxBytes);
      expect(heard.records[0]).to.deep.include({ kind: 'gap', host: 'web', reason: 'journal-full' });
      const dropped = heard.facts.filter((fact) => fact.type === 'dropped');
      expect(dropped.reduce((sum, { count }) => sum + count, 0)).to.equal(missing);
      expect(dropped.every(({ reason }) => reason === 'journal-full')).to.equal(true);
    });

  it('says between which times records are missing', async () => {
    const startMs = Date.now();
    const { source, push, end } = fed();
    const gate = new BehaviorSubject(true);
    const heard = hear(journaled(source, { dir: dir(), maxBytes: 65_536 }), gate);
    push({ seq: -1 });
    await heard.until(({ records }) => records.length === 1);
    gate.next(false);
    const readMs = Date.now();
    push(...numbered(0, 500, TEXT));
    await becomes(() => firstKept() > 0);
    end();
    gate.next(true);
    await heard.end;
    const { time, fromTime, toTime } = heard.records[1] as Gap;
    expect(Date.parse(fromTime)).to.be.within(startMs, readMs);
    expect(Date.parse(toTime)).to.be.within(readMs, Date.now());
    expect(time >= toTime).to.equal(true);
  });

  it('loses nothing of what has been read', async () => {
    const { source, push, end, world } = fed();
    const heard = hear(journaled(source, { dir: dir(), maxBytes: 65_536 }));
    for (let i = 0; i < 50; i += 1) {
      push(...numbered(i * 10, i * 10 + 10, TEXT));
      await heard.until(({ records }) => records.length === i * 10 + 10);
    }
    end();
    await heard.end;
    expect(heard.records).to.deep.equal(world);
    expect(firstKept()).to.be.above(400);
  });

  it('tells at a start what has been dropped behind its place', async () => {
    writeSegment(dir(), 70, [{ mark: 70, ms: 5000 }, ...numbered(70, 72).map((record) => ({ record }))]);
    const journal = journaled(of(), { dir: dir() });
    readFrom(journal, 40);
    const heard = hear(journal);
    await heard.end;
    expect(heard.records[0]).to.deep.include({ reason: 'journal-lost', atLeast: 30 });
    expect(heard.records.slice(1)).to.deep.equal(numbered(70, 72));
  });

  it('stops a source that can wait, and loses nothing', async () => {
    const { source, push, end, readers, world } = fed();
    const gate = new BehaviorSubject(false);
    const heard = hear(journaled(source, { dir: dir(), maxBytes: MiB, whenFull: 'stop-reading' }), gate);
    await becomes(() => readers() === 1);
    push(...numbered(0, 40_000, TEXT));
    await becomes(() => readers() === 0);
    await heard.until(({ facts }) => facts.some(({ type }) => type === 'notice'));
    expect(bytesIn(dir())).to.be.at.most(MiB);
    end();
    gate.next(true);
    await heard.end;
    expect(inWorld(heard.records, world).missing).to.equal(0);
    expect(heard.facts.map(({ type }) => type)).to.not.include('dropped');
    expect(bytesIn(dir())).to.be.at.most(MiB);
  });

  it('is stopped while it is full, and goes on from there', async () => {
    const world = feed([...numbered(0, 2000, TEXT)]);
    const gate = new BehaviorSubject(false);
    const options = { dir: dir(), maxBytes: MiB, whenFull: 'stop-reading' } as const;
    const one = hear(journaled(world.make().source, options), gate);
    await one.until(({ facts }) => facts.some(({ type }) => type === 'notice'));
    one.stop();
    await becomes(() => one.facts.some(({ type }) => type === 'dropped'));
    await becomes(() => !isLocked(dir()));
    world.end();
    const two = hear(journaled(world.make().source, options));
    await two.end;
    expect(two.records).to.deep.equal(world.world);
  });

  it('says what it had to give up when it was stopped while it was full', async () => {
    const { source, push, end, world } = fed();
    const gate = new BehaviorSubject(false);
    const journal = journaled(source, { dir: dir(), maxBytes: MiB, whenFull: 'stop-reading' });
    const one = hear(journal, gate);
    push(...numbered(0, 2000, TEXT));
    await one.until(({ facts }) => facts.some(({ type }) => type === 'notice'));
    one.stop();
    push(...numbered(2000, 2010, TEXT));
    end();
    const two = hear(journal);
    await two.end;
    const { missing } = inWorld(two.records, world);
    expect(one.facts.at(-1)).to.deep.equal({ type: 'dropped', reason: 'abandoned', count: missing });
    expect(missing).to.be.above(0);
  });

  it('drops the newest, and says so, where a source is faster than the disk and cannot wait', async () => {
    const count = 40_000;
    const heard = hear(journaled(range(0, count).pipe(map((seq) => ({ seq, ...TEXT }))), { dir: dir() }));
    await heard.end;
    const gap = heard.records.at(-1) as Gap;
    expect(gap).to.deep.include({ kind: 'gap', host: 'web', reason: 'journal-behind' });
    expect(gap.atLeast + heard.records.length - 1).to.equal(count);
    const dropped = heard.facts.filter((fact) => fact.type === 'dropped');
    expect(dropped.length).to.equal(gap.atLeast);
    expect((heard.records.slice(0, -1) as { seq: number }[]).every(({ seq }, i) => seq === i)).to.equal(true);
  });

  it('deletes what has become too old, read or not, and says so', async () => {
    const { source, push } = fed();
    const gate = new BehaviorSubject(false);
    const heard = hear(journaled(source, { dir: dir(), keepMs: 400 }), gate);
    push(...numbered(0, 5));
    await becomes(() => firstKept() === 5);
    push({ seq: 5 });
    gate.next(true);
    await heard.until(({ records }) => records.length === 2);
    expect(heard.records[0]).to.deep.include({ reason: 'journal-expired', atLeast: 5 });
    expect(heard.records[1]).to.deep.equal({ seq: 5 });
  });

  it('deletes what has become too old in an earlier run', async () => {
    const path = writeSegment(dir(), 0, [{ mark: 0, ms: 1 }, { record: 'old' }]);
    utimesSync(path, 1000, 1000);
    hear(journaled(fed().source, { dir: dir(), keepMs: 1000 }));
    await becomes(() => firstKept() === 1);
  });

  for (const [why, source] of [
    ['a plain Observable', of(1)],
    ['samples', feed().make({ conflateBy: String }).source],
  ] as const)
    it(`does not stop ${why}`, () => {
      expect(() => journaled(source, { dir: dir(), whenFull: 'stop-reading' })).to.throw(
        PipelineError,
        /^journaled: \w+ cannot wait: use whenFull: 'drop-oldest'$/,
      );
    });

  for (const [options, message] of [
    [{}, /give it a folder: dir/],
    [{ dir: '' }, /dir must be the path of a folder, not ""/],
    [{ dir: 7 }, /dir must be the path of a folder, not 7/],
    [{ dir: 'x', maxBytes: 1000 }, /maxBytes must be a whole number of 65536 or more, not 1000/],
    [{ dir: 'x', keepMs: 0 }, /keepMs must be a whole number above 0, not 0/],
    [{ dir: 'x', sync: 'always' }, /sync must be 'batch', 'never' or \{ everyMs \}, not "always"/],
    [{ dir: 'x', sync: { everyMs: 0 } }, /sync: everyMs must be a whole number above 0, not 0/],
    [{ dir: 'x', whenFull: 'wait' }, /whenFull must be 'drop-oldest' or 'stop-reading', not "wait"/],
    [{ dir: 'x', size: 1 }, /there is no option "size"/],
  ] as const)
    it(`refuses ${JSON.stringify(options)}`, () => {
      expect(() => journaled(of(1), options as unknown as JournaledOptions)).to.throw(PipelineError, message);
    });

  it('refuses what is no source', () => {
    expect(() => journaled(undefined as never, { dir: 'x' })).to.throw(PipelineError, 'must be a source');
  });
});
