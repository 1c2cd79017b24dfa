import { expect } from 'chai';
import { violations, type Terms } from '../../faults/invariants.ts';
import { written, writtenIn, type Written } from '../../faults/output.ts';
import { published, type Published } from '../../faults/truth.ts';

/** 2026-11-22T03:00:00Z */
const START = 1_795_316_400_000_000_000n;
const SECOND = 1_000_000_000n;

const at = (i: number): bigint => START + BigInt(i) * SECOND + 123_456_789n;
const clock = (nano: bigint): string =>
  `${new Date(Number(nano / 1_000_000n)).toISOString().slice(0, 19)}.${String(nano % SECOND).padStart(9, '0')}Z`;

/** The line of the i-th event: a container in turn of three, as an engine writes it. */
const line = (i: number): string =>
  `{"Type":"container","Action":"exec_die","Actor":{"ID":"c${i % 3}","Attributes":{"image":"größe 🐳","n":"${i}"}},"scope":"local","time":${at(i) / SECOND},"timeNano":${at(i)}}`;

/** The record of the i-th event, as dockrx writes it. */
const record = (i: number, more: object = {}): object => ({
  kind: 'docker-event',
  host: 'here',
  time: clock(at(i)),
  timeNano: String(at(i)),
  type: 'container',
  action: 'exec_die',
  id: `c${i % 3}`,
  attributes: { image: 'größe 🐳', n: String(i) },
  scope: 'local',
  ...more,
});

const gap = (from: number, to: number, atLeast = 0): object => ({
  kind: 'gap',
  type: 'gap',
  host: 'here',
  time: clock(at(to)),
  fromTime: clock(at(from)),
  toTime: clock(at(to)),
  reason: 'planted',
  atLeast,
});

const COUNT = 12;
const truth: readonly Published[] = Array.from({ length: COUNT }, (_, i) => published(line(i)));
const whole: readonly object[] = Array.from({ length: COUNT }, (_, i) => record(i));
const without = (...left: readonly number[]): readonly object[] => whole.filter((_, i) => !left.includes(i));
const output = (records: readonly object[]): readonly Written[] =>
  records.map((each) => written(JSON.stringify(each)));

const strict: Terms = {
  mayGap: true,
  skipped: new Set(),
  late: new Set(),
  gapsBy: 'time',
  mayRepeat: false,
  orderSlackNano: 0n,
  unpublished: 0,
};
const found = (records: readonly object[], terms: Terms = strict): readonly string[] =>
  violations(truth, output(records), terms);
const only = (records: readonly object[], terms?: Terms): string => {
  const all = found(records, terms);
  expect(all, all.join('; ')).to.have.length(1);
  return all[0]!;
};

describe('the invariants of the fault suite', () => {
  it('hold for all that was published, in any order of attributes', () => {
    const reversed = record(4, { attributes: { n: '4', image: 'größe 🐳' } });
    expect(found(whole)).to.deep.equal([]);
    expect(found(whole.with(4, reversed))).to.deep.equal([]);
    expect(violations(truth, writtenIn(whole.map((each) => `${JSON.stringify(each)}\n`).join('')), strict)).to
      .be.empty;
  });

  it('find a lost event, wherever it is', () => {
    for (const i of [0, 5, COUNT - 1]) {
      expect(only(without(i))).to.match(/^1 of 12 events were lost without a gap: number/);
      expect(only(without(i), { ...strict, gapsBy: 'order' })).to.match(/lost without a gap/);
    }
    const skipped = new Set([truth[5]!.identity]);
    expect(found(without(5), { ...strict, skipped })).to.deep.equal([]);
    expect(only(without(5, 6), { ...strict, skipped })).to.match(/^1 of 12 events were lost without a gap/);
    expect(only(without(3, 4, 5, 6, 7))).to.match(/^5 of 12 .*, …$/);
  });

  it('find a doubled event, unless it may be repeated', () => {
    const twice = whole.toSpliced(5, 0, record(4));
    expect(only(twice)).to.match(/^1 events were delivered again: 17953164/);
    expect(found(twice, { ...strict, mayRepeat: true })).to.deep.equal([]);
  });

  it('find an altered event in any of its parts', () => {
    for (const change of [
      { action: 'exec_dye' },
      { id: 'c9' },
      { type: 'volume' },
      { scope: 'swarm' },
      { attributes: { image: 'gr��e 🐳', n: '4' } },
      { attributes: { image: 'größe 🐳' } },
      { attributes: { image: 'größe 🐳', n: '4', more: '' } },
    ])
      expect(found(whole.with(4, record(4, change))), JSON.stringify(change)).to.satisfy(
        ([first, second]: string[]) => /^1 events were altered/.test(first!) && /lost/.test(second!),
      );
    expect(only(whole.with(4, record(4, { time: clock(at(5)) })))).to.match(/two times that differ/);
  });

  it('find an invented event, unless it is marked synthetic', () => {
    const strange = record(4, { timeNano: String(at(4) + 1n), time: clock(at(4) + 1n) });
    expect(only(whole.toSpliced(5, 0, strange))).to.match(/^1 events were invented/);
    expect(found(whole.toSpliced(5, 0, { ...strange, synthetic: true }))).to.deep.equal([]);
  });

  it('take nothing synthetic for the real event', () => {
    expect(only(whole.with(4, record(4, { synthetic: true })))).to.match(/lost without a gap/);
  });

  it('find swapped order in one container, and allow it between two', () => {
    expect(only(whole.with(3, record(6)).with(6, record(3)))).to.match(/^1 events came behind later ones/);
    expect(found(whole.with(3, record(6)).with(6, record(3)), { ...strict, orderSlackNano: 4n * SECOND })).to
      .be.empty;
    expect(found(whole.with(3, record(4)).with(4, record(3)))).to.deep.equal([]);
  });

  it('find a line that is torn or no record', () => {
    const text = whole.map((each) => `${JSON.stringify(each)}\n`).join('');
    expect(violations(truth, writtenIn(`${text}{"kind":"docker-ev`), strict)).to.have.length(1);
    expect(violations(truth, writtenIn(`${text}\n`), strict)[0]).to.match(/^1 lines are no records: ""/);
    expect(violations(truth, writtenIn(text.slice(0, -1)), strict)[0]).to.match(/^1 lines are no records/);
  });

  it('let a gap cover a loss inside it, to its ends', () => {
    const lossy = without(4, 5, 6);
    expect(found(lossy.toSpliced(4, 0, gap(3, 7, 3)))).to.deep.equal([]);
    expect(found(lossy.toSpliced(4, 0, gap(4, 6)))).to.deep.equal([]);
  });

  it('find a gap that does not cover the loss, in time', () => {
    const lossy = without(4, 5, 6);
    expect(only(lossy.toSpliced(4, 0, gap(3, 5)))).to.match(/^1 of 12 .* number 7 /);
    expect(only(lossy.toSpliced(4, 0, gap(7, 8)))).to.match(/^3 of 12 /);
  });

  it('find a gap that does not stand where the loss is, where times say nothing', () => {
    const stepped: Terms = { ...strict, gapsBy: 'order' };
    const lossy = without(4, 5, 6);
    expect(found(lossy.toSpliced(4, 0, gap(0, 0)), stepped)).to.deep.equal([]);
    for (const place of [0, 3, 5, lossy.length])
      expect(only(lossy.toSpliced(place, 0, gap(0, COUNT)), stepped), String(place)).to.match(/^3 of 12 /);
    expect(found([...without(COUNT - 1), gap(0, 0)], stepped)).to.deep.equal([]);
    expect(found([gap(0, 0), ...without(0)], stepped)).to.deep.equal([]);
  });

  it('let a gap cover a loss by its time or its place, once the clock has stepped', () => {
    const stepped: Terms = { ...strict, gapsBy: 'either' };
    const lossy = without(4, 5, 6);
    expect(found(lossy.toSpliced(4, 0, gap(0, 0)), stepped)).to.deep.equal([]);
    expect(found([...lossy, gap(3, 7)], stepped)).to.deep.equal([]);
    expect(only([...lossy, gap(5, 7)], stepped)).to.match(/^1 of 12 .* number 5 /);
  });

  it('let come late what was taken out of the stream on the way, and nothing else', () => {
    const swapped = whole.with(3, record(6)).with(6, record(3));
    expect(found(swapped, { ...strict, late: new Set([truth[3]!.identity]) })).to.deep.equal([]);
    expect(only(swapped, { ...strict, late: new Set([truth[4]!.identity]) })).to.match(
      /^1 events came behind/,
    );
  });

  it('find a gap where nothing can be missing', () => {
    expect(only(whole.toSpliced(4, 0, gap(3, 4)), { ...strict, mayGap: false })).to.equal(
      '1 gaps were told where nothing can be missing: planted',
    );
    expect(found(whole.toSpliced(4, 0, gap(3, 4)))).to.deep.equal([]);
  });

  it('find a gap that claims more than is missing', () => {
    expect(only(without(4, 5).toSpliced(4, 0, gap(3, 6, 3)))).to.equal(
      'gaps claim 3 missing events, 2 are missing',
    );
    expect(found(without(4, 5).toSpliced(4, 0, gap(3, 6, 3)), { ...strict, unpublished: 1 })).to.deep.equal(
      [],
    );
  });
});
