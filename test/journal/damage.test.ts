import { expect } from 'chai';
import fc from 'fast-check';
import { BehaviorSubject, of } from 'rxjs';
import {
  appendFileSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { crc32 } from 'node:zlib';
import { encodeHeader } from '../../src/journal/format.ts';
import { journaled } from '../../src/journal/journaled.ts';
import type { Gap } from '../../src/records/gap.ts';
import { becomes, hear } from '../sources/hear.ts';
import type { Hearing } from '../sources/hear.ts';
import { fed, inWorld, journalFolder, numbered, readFrom } from './feed.ts';
import { asidesIn, framesOf, segmentsIn, writeSegment } from './segment-files.ts';
import type { Frame, FrameAt } from './segment-files.ts';

const WORLD = numbered(0, 40, { host: 'web' });
const marked = (from: number, to: number): readonly Frame[] => [
  { mark: from, ms: 1_000_000 + from * 1000 },
  ...WORLD.slice(from, to).map((record) => ({ record })),
];

describe('journaled on a damaged disk', () => {
  const dir = journalFolder();
  let paths: readonly string[] = [];
  /** Three segments of marks of five records. */
  beforeEach(() => {
    paths = [
      writeSegment(dir(), 0, [...marked(0, 5), ...marked(5, 10), ...marked(10, 15)]),
      writeSegment(dir(), 15, [...marked(15, 20), ...marked(20, 25)]),
      writeSegment(dir(), 25, [...marked(25, 30), ...marked(30, 35), ...marked(35, 40)]),
    ];
  });
  const read = async (place = 0): Promise<Hearing<unknown>> => {
    const journal = journaled(of(), { dir: dir() });
    readFrom(journal, place);
    const heard = hear(journal);
    await heard.end;
    return heard;
  };
  const notices = ({ facts }: Hearing<unknown>): readonly string[] =>
    facts.flatMap((fact) => (fact.type === 'notice' ? [fact.message] : []));
  const gapsOf = ({ records }: Hearing<unknown>): readonly Gap[] =>
    records.filter((record): record is Gap => (record as { kind?: string }).kind === 'gap');
  const frame = (segment: number, wanted: (frame: Frame) => boolean): FrameAt =>
    framesOf(paths[segment]!).find(({ frame }) => wanted(frame))!;
  const recordAt = (segment: number, seq: number): FrameAt =>
    frame(segment, (found) => 'record' in found && (found.record as { seq: number }).seq === seq);
  const flip = (path: string, at: number, bit = 0): void => {
    const bytes = readFileSync(path);
    bytes[at]! ^= 1 << bit;
    writeFileSync(path, bytes);
  };

  it('reads what is whole', async () => {
    const heard = await read();
    expect(inWorld(heard.records, WORLD).missing).to.equal(0);
    expect(notices(heard)).to.deep.equal([]);
  });

  for (const [what, offset] of [
    ['payload', 12],
    ['length', 0],
    ['length, by much', 3],
    ['checksum', 5],
    ['kind', 8],
  ] as const)
    it(`with a flipped bit in the ${what} of a record sets that aside, tells it exactly, and reads the rest`, async () => {
      const { at } = recordAt(0, 7);
      flip(paths[0]!, at + offset);
      const heard = await read();
      const { missing } = inWorld(heard.records, WORLD);
      expect(missing).to.equal(3);
      expect(gapsOf(heard)).to.have.lengthOf(1);
      const { time, ...gap } = gapsOf(heard)[0]!;
      expect(Date.parse(time)).to.be.within(Date.now() - 60_000, Date.now());
      expect(gap).to.deep.equal({
        ...{ kind: 'gap', type: 'gap', host: 'web', reason: 'journal-damaged', atLeast: 3 },
        ...{ fromTime: '1970-01-01T00:16:45.000Z', toTime: '1970-01-01T00:16:50.000Z' },
      });
      expect(heard.records[7]).to.equal(gapsOf(heard)[0]);
      const [aside] = asidesIn(dir());
      expect(aside).to.equal(`${basename(paths[0]!)}.${at}.corrupt`);
      expect(notices(heard)).to.deep.equal([
        `${paths[0]!} is damaged: ${recordAtAside(aside!)} bytes of it are in ${join(dir(), aside!)} now, the rest is read`,
      ]);
      const again = await read();
      expect(inWorld(again.records, WORLD).missing).to.equal(3);
      expect(gapsOf(again)[0]).to.deep.include({ reason: 'journal-damaged', atLeast: 3 });
      expect(notices(again)).to.deep.equal([]);
    });
  const recordAtAside = (name: string): number => readFileSync(join(dir(), name)).length;

  it('with a flipped bit in a mark loses that part', async () => {
    flip(paths[1]!, frame(1, (found) => 'mark' in found && found.mark === 20).at + 10);
    expect(inWorld((await read()).records, WORLD).missing).to.equal(5);
  });

  for (const at of [0, 7, 8, 20, 30])
    it(`with a flipped bit in byte ${at} of a header loses nothing`, async () => {
      flip(paths[1]!, at);
      const heard = await read();
      expect(inWorld(heard.records, WORLD).missing).to.equal(0);
      expect(notices(heard)).to.have.lengthOf(1);
      expect(notices(await read())).to.deep.equal([]);
    });

  it('with a segment cut off in its middle tells what is missing', async () => {
    truncateSync(paths[0]!, recordAt(0, 7).at + 3);
    const heard = await read();
    expect(inWorld(heard.records, WORLD).missing).to.equal(8);
  });

  it('with a segment that is gone tells what is missing', async () => {
    unlinkSync(paths[1]!);
    const heard = await read();
    expect(inWorld(heard.records, WORLD).missing).to.equal(10);
    expect(gapsOf(heard)[0]).to.deep.include({ reason: 'journal-lost' });
  });

  for (const [what, bytes] of [
    ['an empty one', 0],
    ['a header cut off', 20],
    ['nothing but zeroes', 4096],
  ] as const)
    it(`with ${what} in place of a segment tells what is missing`, async () => {
      writeFileSync(paths[1]!, Buffer.alloc(bytes));
      expect(inWorld((await read()).records, WORLD).missing).to.equal(10);
    });

  it('with a segment under the number of another reads on behind it', async () => {
    copyFileSync(paths[0]!, paths[1]!);
    expect(inWorld((await read()).records, WORLD).missing).to.equal(10);
  });

  it('with damage in the newest segment reads what is behind it', async () => {
    flip(paths[2]!, recordAt(2, 27).at + 12);
    const heard = await read();
    expect(inWorld(heard.records, WORLD).missing).to.equal(3);
  });

  for (const [what, damage] of [
    ['cut off', (path: string, { at }: FrameAt) => truncateSync(path, at + 11)],
    ['without its last byte', (path: string, { end }: FrameAt) => truncateSync(path, end - 1)],
    ['of three bytes', (path: string, { at }: FrameAt) => truncateSync(path, at + 3)],
  ] as const)
    it(`with a last record ${what} loses that one only, and goes on behind it`, async () => {
      damage(paths[2]!, recordAt(2, 39));
      const journal = journaled(of({ seq: 'new' }), { dir: dir() });
      const heard = hear(journal);
      await heard.end;
      expect(heard.records).to.deep.equal([...WORLD.slice(0, 39), { seq: 'new' }]);
      expect(notices(heard)[0]).to.match(
        /ended in the middle of a record: its last \d+ bytes have been cut off$/,
      );
    });

  it('with zeroes behind the last record goes on in their place', async () => {
    appendFileSync(paths[2]!, Buffer.alloc(5000));
    const heard = hear(journaled(of({ seq: 'new' }), { dir: dir() }));
    await heard.end;
    expect(heard.records).to.deep.equal([...WORLD, { seq: 'new' }]);
    expect((await read(40)).records).to.deep.equal([{ seq: 'new' }]);
  });

  it('with a damaged last record says that one or more may be missing', async () => {
    flip(paths[2]!, recordAt(2, 39).at + 12);
    const heard = await read();
    expect(heard.records.slice(0, 39)).to.deep.equal(WORLD.slice(0, 39));
    expect(heard.records[39]).to.deep.include({ kind: 'gap', reason: 'journal-damaged', atLeast: 0 });
    expect(heard.records).to.have.lengthOf(40);
  });

  it('goes on, also where the segment that is written is damaged before it is read', async () => {
    const folder = `${dir()}-live`;
    const { source, push, end, world } = fed();
    const gate = new BehaviorSubject(false);
    const heard = hear(journaled(source, { dir: folder }), gate);
    const appended = (count: number): Promise<void> =>
      becomes(
        () =>
          segmentsIn(folder)
            .flatMap(framesOf)
            .filter(({ frame }) => 'record' in frame).length === count,
      );
    for (const [from, to] of [
      [0, 5],
      [5, 10],
      [10, 15],
    ] as const) {
      push(...numbered(from, to));
      await appended(to);
    }
    const [path] = segmentsIn(folder);
    flip(
      path!,
      framesOf(path!).find(({ frame }) => 'record' in frame && (frame.record as { seq: number }).seq === 7)!
        .at + 12,
    );
    gate.next(true);
    await heard.until(({ records }) => records.some((record) => (record as { seq?: number }).seq === 14));
    push(...numbered(15, 20));
    end();
    await heard.end;
    expect(inWorld(heard.records, world).missing).to.equal(3);
  });

  it('says what is missing at the end, where nothing comes behind it', async () => {
    const folder = `${dir()}-live`;
    const { source, push } = fed();
    const gate = new BehaviorSubject(false);
    const heard = hear(journaled(source, { dir: folder }), gate);
    push(...numbered(0, 5));
    await becomes(() => segmentsIn(folder).flatMap(framesOf).length > 5);
    const [path] = segmentsIn(folder);
    flip(path!, framesOf(path!).find(({ frame }) => 'record' in frame)!.at + 12);
    gate.next(true);
    await heard.until(({ records }) => records.length > 0);
    expect(heard.records[0]).to.deep.include({ reason: 'journal-damaged', atLeast: 5 });
    push({ seq: 5 });
    await heard.until(({ records }) => records.length > 1);
    expect(heard.records).to.have.lengthOf(2);
  });

  it('goes on where somebody takes the files away', async () => {
    const folder = `${dir()}-live`;
    const { source, push } = fed();
    const gate = new BehaviorSubject(false);
    const heard = hear(journaled(source, { dir: folder }), gate);
    push(...numbered(0, 5));
    await becomes(() => segmentsIn(folder).flatMap(framesOf).length > 5);
    rmSync(folder, { recursive: true });
    gate.next(true);
    await heard.until(({ records }) => records.length > 0);
    expect(heard.records[0]).to.deep.include({ reason: 'journal-lost', atLeast: 5 });
    push({ seq: 5 });
    await heard.until(({ records }) => records.length > 1);
    expect(heard.records[1]).to.deep.equal({ seq: 5 });
  });

  it('leaves files that are not its own alone', async () => {
    const foreign = ['notes.txt', '1.segment', '0000000000000001.segment.bak', 'x.corrupt'];
    for (const name of foreign) writeFileSync(join(dir(), name), 'mine');
    mkdirSync(join(dir(), '0000000000000099.segment'));
    const heard = await read();
    expect(inWorld(heard.records, WORLD).missing).to.equal(0);
    for (const name of foreign) expect(readFileSync(join(dir(), name), 'utf8')).to.equal('mine');
    expect(existsSync(join(dir(), '0000000000000099.segment'))).to.equal(true);
  });

  it('refuses a segment of a later version, and leaves it alone', async () => {
    const later = encodeHeader({ first: 15, madeMs: 1 });
    later[7] = 2;
    later.writeUInt32LE(crc32(later.subarray(0, 28)), 28);
    writeFileSync(paths[1]!, later);
    const heard = hear(journaled(of(), { dir: dir() }));
    expect(await heard.failure).to.include({
      code: 'SOURCE_REFUSED',
      message: `journaled: ${paths[1]!} is of version 2, which this dockrx cannot read: use a newer one, or another dir`,
    });
    expect(readFileSync(paths[1]!)).to.deep.equal(later);
  });

  it('reads every record unaltered and in order, or says that it is missing, whatever bytes are changed', async () => {
    const whole = `${dir()}-whole`;
    cpSync(dir(), whole, { recursive: true });
    const change = fc.oneof(
      fc.record({ segment: fc.nat(2), at: fc.nat(), bit: fc.nat(7) }),
      fc.record({ segment: fc.nat(2), at: fc.nat(), cut: fc.constant(true) }),
      fc.record({ segment: fc.nat(2), at: fc.nat(), zeroes: fc.integer({ min: 1, max: 64 }) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 4 }), async (changes) => {
        rmSync(dir(), { recursive: true });
        cpSync(whole, dir(), { recursive: true });
        for (const one of changes) {
          const bytes = readFileSync(paths[one.segment]!);
          if (bytes.length === 0) continue;
          const at = one.at % bytes.length;
          if ('bit' in one) bytes[at]! ^= 1 << one.bit;
          if ('zeroes' in one) bytes.fill(0, at, Math.min(bytes.length, at + one.zeroes));
          writeFileSync(paths[one.segment]!, 'cut' in one ? bytes.subarray(0, at) : bytes);
        }
        const isWhole = changes.every(({ segment }) => segment < 2);
        for (const time of [1, 2]) audit((await read()).records, isWhole, `read for the ${time}. time`);
      }),
      { numRuns: 100, timeout: 5000 },
    );
  }).timeout(120_000);
});

/** Every record is as it was and at its number, which gaps count on; only the newest may be missing without one. */
function audit(records: readonly unknown[], isWhole: boolean, when: string): void {
  let next = 0;
  for (const record of records) {
    if ((record as { kind?: string }).kind === 'gap') {
      next += (record as Gap).atLeast;
      continue;
    }
    expect(record, when).to.deep.equal(WORLD[next]);
    next += 1;
  }
  expect(next, when).to.be.at.most(WORLD.length);
  if (isWhole) expect(next, when).to.equal(WORLD.length);
}
