import { expect } from 'chai';
import { of } from 'rxjs';
import type { PipelineError } from '../../src/core/errors.ts';
import { journaled } from '../../src/journal/journaled.ts';
import { becomes, hear } from '../sources/hear.ts';
import { fed, feed, journalFolder, numbered, readFrom } from './feed.ts';
import { framesOf, segmentsIn, writeSegment } from './segment-files.ts';
import type { Frame } from './segment-files.ts';

const records = (from: number, to: number): readonly Frame[] => [
  { mark: from, ms: 1000 + from },
  ...numbered(from, to).map((record) => ({ record })),
];

describe('journaled, started again', () => {
  const dir = journalFolder();
  const cursors = (): readonly Frame[] =>
    segmentsIn(dir())
      .flatMap(framesOf)
      .map(({ frame }) => frame)
      .filter((frame) => 'cursor' in frame);

  it('keeps the place of its source behind the records it covers', async () => {
    const { source, push } = fed();
    const heard = hear(journaled(source, { dir: dir() }));
    push(...numbered(0, 5));
    await heard.until(({ records }) => records.length === 5);
    expect(cursors().at(-1)).to.deep.equal({ cursor: { place: 5 }, number: 5 });
    push(...numbered(5, 7));
    await heard.until(({ records }) => records.length === 7);
    expect(cursors().at(-1)).to.deep.equal({ cursor: { place: 7 }, number: 7 });
  });

  it('lets the source go on from that place', async () => {
    const world = feed([...numbered(0, 10)]);
    writeSegment(dir(), 0, [...records(0, 10), { cursor: { place: 10 }, number: 10 }]);
    const { source, restored } = world.make();
    world.push(...numbered(10, 20));
    world.end();
    const heard = hear(journaled(source, { dir: dir() }));
    await heard.end;
    expect(restored).to.deep.equal([{ place: 10 }]);
    expect(heard.records).to.deep.equal(numbered(0, 20));
  });

  it('keeps records behind the last place, and appends them once', async () => {
    const world = feed([...numbered(0, 10)]);
    writeSegment(dir(), 0, [...records(0, 4), { cursor: { place: 4 }, number: 4 }, ...records(4, 10)]);
    world.push(...numbered(10, 12));
    world.end();
    const heard = hear(journaled(world.make().source, { dir: dir() }));
    await heard.end;
    expect(heard.records).to.deep.equal(numbered(0, 12));
  });

  it('knows them in older segments too, and where no place is told', async () => {
    for (const place of [[{ cursor: { place: 2 }, number: 2 }], []] as const) {
      const folder = `${dir()}-${place.length}`;
      const world = feed([...numbered(0, 10)]);
      writeSegment(folder, 0, [...records(0, 2), ...place, ...records(2, 4)]);
      writeSegment(folder, 4, [...place, ...records(4, 6)]);
      writeSegment(folder, 6, [...place, ...records(6, 8)]);
      world.end();
      const heard = hear(journaled(world.make().source, { dir: folder }));
      await heard.end;
      expect(heard.records).to.deep.equal(numbered(0, 10));
    }
  });

  it('recognises equal records as often as they are there', async () => {
    const world = feed(['a', 'b', 'a', 'a', 'c', 'a']);
    writeSegment(dir(), 0, [
      { cursor: { place: 0 }, number: 0 },
      { mark: 0, ms: 1 },
      ...['a', 'b', 'a'].map((record) => ({ record })),
    ]);
    world.end();
    const heard = hear(journaled(world.make().source, { dir: dir() }));
    await heard.end;
    expect(heard.records).to.deep.equal(['a', 'b', 'a', 'a', 'c', 'a']);
  });

  it('forgets what does not come again once as many others have come', async () => {
    const world = feed(['x', 'y', 'z', 'a']);
    writeSegment(dir(), 0, [
      { cursor: { place: 0 }, number: 0 },
      { mark: 0, ms: 1 },
      { record: 'a' },
      { record: 'b' },
    ]);
    world.end();
    const heard = hear(journaled(world.make().source, { dir: dir() }));
    await heard.end;
    expect(heard.records).to.deep.equal(['a', 'b', 'x', 'y', 'z', 'a']);
  });

  it('counts as missing in a gap only what it does not have behind that place', async () => {
    const gap = (atLeast: number): unknown => ({
      kind: 'gap',
      type: 'gap',
      reason: 'history-overrun',
      atLeast,
    });
    const world = feed([gap(3), 'c', gap(1)]);
    writeSegment(dir(), 0, [
      { cursor: { place: 0 }, number: 0 },
      { mark: 0, ms: 1 },
      { record: 'b' },
      { record: 'c' },
    ]);
    world.end();
    const heard = hear(journaled(world.make().source, { dir: dir() }));
    await heard.end;
    expect(heard.records).to.deep.equal(['b', 'c', gap(1), gap(0)]);
  });

  it('takes all for new from a source without a cursor', async () => {
    writeSegment(dir(), 0, [{ mark: 0, ms: 1 }, { record: 'a' }]);
    const heard = hear(journaled(of('a', 'b'), { dir: dir() }));
    await heard.end;
    expect(heard.records).to.deep.equal(['a', 'a', 'b']);
  });

  it('keeps the place in each new segment, so that the newest tells it', async () => {
    const { source, push } = fed();
    const heard = hear(journaled(source, { dir: dir(), maxBytes: 65_536 }));
    for (let i = 0; i < 30; i += 1) {
      push(...numbered(i * 10, i * 10 + 10, { text: 'x'.repeat(50) }));
      await heard.until(({ records }) => records.length === i * 10 + 10);
    }
    heard.stop();
    expect(segmentsIn(dir()).length).to.be.above(2);
    for (const path of segmentsIn(dir()).slice(1))
      expect(framesOf(path)[0]!.frame, path).to.have.property('cursor');
  });

  it('writes a long place no more often than there are as many bytes of records', async () => {
    const world = feed();
    const { source } = world.make({ padding: 10_000 });
    const heard = hear(journaled(source, { dir: dir() }));
    for (let i = 0; i < 100; i += 1) {
      world.push({ seq: i, text: 'x'.repeat(1000) });
      await heard.until(({ records }) => records.length === i + 1);
    }
    expect(cursors().length).to.be.within(8, 12);
    world.end();
    await heard.end;
    expect(cursors().at(-1)).to.have.nested.property('cursor.place', 100);
  });

  it('writes its place at the end', async () => {
    const world = feed();
    const { source } = world.make({ padding: 100_000 });
    const journal = journaled(source, { dir: dir() });
    const heard = hear(journal);
    world.push(...numbered(0, 3));
    await heard.until(({ records }) => records.length === 3);
    world.push(...numbered(3, 4));
    await heard.until(({ records }) => records.length === 4);
    heard.stop();
    await becomes(() =>
      cursors().some((frame) => 'cursor' in frame && (frame.cursor as { place: number }).place === 4),
    );
  });

  it('says so when the place does not fit its source', async () => {
    writeSegment(dir(), 0, [{ cursor: { place: 'elsewhere' }, number: 0 }]);
    const heard = hear(journaled(fed().source, { dir: dir() }));
    const error = (await heard.failure) as PipelineError;
    expect(error.code).to.equal('SOURCE_REFUSED');
    expect(error.message).to.match(
      /does not fit its source \(no such place\): is it the journal of another one\?$/,
    );
  });

  it('never gives a number twice, also when records that were read are gone', async () => {
    const path = writeSegment(dir(), 0, records(0, 10));
    const journal = journaled(of('new'), { dir: dir() });
    readFrom(journal, 15);
    const heard = hear(journal);
    await heard.end;
    expect(heard.records).to.deep.equal(['new']);
    expect(framesOf(path).at(-2)!.frame).to.have.property('mark', 15);
  });
});
