import { expect } from 'chai';
import fc from 'fast-check';
import { PipelineError } from '../../../src/core/errors.ts';
import { counter } from '../../../src/sinks/prometheus/counter.ts';
import { gauge } from '../../../src/sinks/prometheus/gauge.ts';
import { histogram } from '../../../src/sinks/prometheus/histogram.ts';
import { metering, START } from './metering.ts';

interface Event {
  readonly action: string;
  readonly id?: string;
  readonly time?: string;
  readonly size?: number;
}

const named = { name: 'events_total', help: 'Events.' };
const byAction = { ...named, labels: ({ action }: Event) => ({ action }) };
const ends = {
  of: ({ action, id }: Event) => (action === 'destroy' ? id : undefined),
  graceMs: 1000,
};
/** A series a container, which ends with it. */
const byId = {
  ...named,
  labels: ({ id = '', action }: Event) => (action === 'destroy' ? undefined : { id }),
  key: ({ id = '' }: Event) => id,
  ends,
};
const at = (seconds: number): string => new Date(START + seconds * 1000).toISOString();

describe('counter', () => {
  it('counts one for each record, or what by says, under its labels', async () => {
    const events = metering(counter({ ...byAction, by: ({ size = 1 }: Event) => size }));
    for (const event of [{ action: 'a' }, { action: 'b', size: 2.5 }, { action: 'a' }]) events.take(event);
    expect(await events.lines()).to.deep.equal([
      'events_total{action="a"} 2',
      'events_total{action="b"} 2.5',
    ]);
  });

  it('passes over records without labels, and prints none where there are none', async () => {
    const events = metering(
      counter({ ...named, labels: ({ action }: Event) => (action === 'a' ? {} : undefined) }),
    );
    for (const action of ['a', 'b']) events.take({ action });
    expect(await events.lines()).to.deep.equal(['events_total 1']);
  });

  it('knows a series by its labels, not by their order', async () => {
    const events = metering(
      counter({ ...named, labels: (labels: Readonly<Record<string, string | number | boolean>>) => labels }),
    );
    for (const labels of [{ a: 1, b: true }, { b: true, a: 1 }, { a: '1', b: 'true' }, { b: 2 }])
      events.take(labels);
    expect(await events.lines()).to.deep.equal(['events_total{a="1",b="true"} 3', 'events_total{b="2"} 1']);
  });

  it('refuses to fall, and counts nothing of such a record', async () => {
    const events = metering(counter({ ...byAction, by: ({ size = 1 }: Event) => size }));
    for (const size of [-1, NaN, Infinity])
      expect(() => events.take({ action: 'a', size })).to.throw('by must be a number of 0 or more');
    expect(await events.lines()).to.deep.equal([]);
  });

  it('counts what has no room for a series of its own under __other__', async () => {
    const events = metering(counter(byAction), { seriesLimit: 2 });
    for (const action of ['a', 'b', 'c', 'd', 'a', '__other__']) events.take({ action });
    expect(await events.lines()).to.deep.equal([
      'events_total{action="a"} 2',
      'events_total{action="b"} 1',
      'events_total{action="__other__"} 3',
    ]);
    expect(events.costs).to.deep.equal(Array(2).fill('limited events_total'));
  });

  it('prints one series where a label is called __other__', async () => {
    const events = metering(counter(byAction), { seriesLimit: 1 });
    for (const action of ['__other__', 'a', 'b']) events.take({ action });
    expect(await events.lines()).to.deep.equal(['events_total{action="__other__"} 3']);
  });

  it('cuts label values that are too long, between characters, and counts them', async () => {
    const events = metering(counter(byAction), { labelLimit: 3 });
    for (const action of ['abc', 'abcd', 'ab\u{1F433}', 'abce']) events.take({ action });
    expect(await events.lines()).to.deep.equal([
      'events_total{action="abc"} 3',
      'events_total{action="ab"} 1',
    ]);
    expect(events.costs).to.deep.equal(Array(3).fill('cut events_total'));
  });

  it('tells when a series began, and which record it counted last, as OpenMetrics', async () => {
    const exemplar = ({ id, time }: Event): { id: string } | undefined =>
      id === undefined ? undefined : { id: time === undefined ? id.repeat(65) : id };
    const events = metering(counter({ ...byAction, exemplar }));
    events.take({ action: 'a', id: 'x', time: at(0.5) });
    events.take({ action: 'a' });
    // Together with its name it has more than 128 characters.
    events.take({ action: 'a', id: 'yy' });
    events.pass(1500);
    events.take({ action: 'b', id: 'z' });
    expect(await events.openMetrics()).to.equal(
      [
        '# TYPE events counter',
        '# HELP events Events.',
        `events_total{action="a"} 3 # {id="x"} 1 ${START / 1000 + 0.5}`,
        `events_created{action="a"} ${START / 1000}`,
        `events_total{action="b"} 1 # {id="${'z'.repeat(65)}"} 1`,
        `events_created{action="b"} ${START / 1000 + 1.5}`,
        '# EOF\n',
      ].join('\n'),
    );
  });

  it('goes on from what it was, in a later process', async () => {
    const before = metering(counter({ ...byId, exemplar: ({ id = '' }: Event) => ({ id }) }), {
      seriesLimit: 3,
    });
    for (const id of ['x', 'x', 'y', 'z', 'w']) before.take({ action: 'start', id });
    before.take({ action: 'destroy', id: 'y' });
    const after = metering(counter(byId), { seriesLimit: 3 });
    after.restore!(JSON.parse(JSON.stringify(before.read!())) as never);
    after.pass(500);
    for (const id of ['x', 'w']) after.take({ action: 'start', id });
    // The one that has ended made room for w.
    expect(await after.lines()).to.deep.equal([
      'events_total{id="x"} 3',
      'events_total{id="z"} 1',
      'events_total{id="w"} 1',
      'events_total{id="__other__"} 1',
    ]);
    expect(await after.openMetrics()).to.include(`events_created{id="x"} ${START / 1000}\n`);
    after.take({ action: 'destroy', id: 'z' });
    after.pass(1000);
    expect(await after.lines()).to.not.include('events_total{id="z"} 1');
  });

  it('counts every record, whatever the labels and the limit', async () => {
    const actions = fc.array(
      fc.constantFrom('a', 'b', '\\', '\n', '"', '\ud800', '\udc00', '\0', '__other__'),
    );
    await fc.assert(
      fc.asyncProperty(actions, fc.integer({ min: 1, max: 4 }), async (all, seriesLimit) => {
        const events = metering(counter(byAction), { seriesLimit });
        for (const action of all) events.take({ action });
        const lines = await events.lines();
        expect(lines.length).to.be.at.most(seriesLimit + 1);
        expect(new Set(lines).size).to.equal(lines.length);
        const counts = lines.map((line) => Number(line.slice(line.lastIndexOf(' '))));
        expect(counts.reduce((sum, count) => sum + count, 0)).to.equal(all.length);
      }),
    );
  });
});

describe('series that end', () => {
  const seen = async (events: ReturnType<typeof metering<Event>>): Promise<string> =>
    (await events.lines()).map((line) => /"(.*)"/.exec(line)![1]).join(' ');

  it('are scraped until their grace is over', async () => {
    const events = metering(counter(byId));
    for (const id of ['x', 'y']) events.take({ action: 'start', id });
    events.take({ action: 'destroy', id: 'x' });
    events.pass(999);
    expect(await seen(events)).to.equal('x y');
    // The first end counts.
    events.take({ action: 'destroy', id: 'x' });
    events.pass(1);
    expect(await seen(events)).to.equal('y');
  });

  it('are let go though nobody scrapes', () => {
    const events = metering(counter(byId), { seriesLimit: 1000 });
    for (let n = 0; n < 500; n += 1) {
      events.take({ action: 'start', id: String(n) });
      events.take({ action: 'destroy', id: String(n) });
      events.pass(100);
    }
    expect((events.read!() as { slots: unknown[] }).slots).to.have.length.below(13);
  });

  it('go on where something later comes of their key, but not by something older', async () => {
    const events = metering(counter(byId));
    for (const id of ['old', 'late', 'plain']) events.take({ action: 'start', id });
    for (const id of ['old', 'late']) events.take({ action: 'destroy', id, time: at(10) });
    events.take({ action: 'destroy', id: 'plain' });
    events.take({ action: 'start', id: 'old', time: at(10) });
    events.take({ action: 'start', id: 'late', time: at(10.001) });
    events.take({ action: 'start', id: 'plain' });
    events.pass(1000);
    expect(await seen(events)).to.equal('late plain');
  });

  it('make room for new ones before their grace is over, those that ended first', async () => {
    const events = metering(counter(byId), { seriesLimit: 3 });
    for (const id of ['a', 'b', 'c']) events.take({ action: 'start', id });
    for (const id of ['b', 'a']) events.take({ action: 'destroy', id });
    events.take({ action: 'start', id: 'd' });
    expect(await seen(events)).to.equal('a c d');
    expect(events.costs).to.deep.equal([]);
  });

  it('belong to the key that used them last', async () => {
    const events = metering(
      counter({
        ...byId,
        labels: ({ action }: Event) => (action === 'destroy' ? undefined : { name: 'web' }),
      }),
    );
    events.take({ action: 'start', id: 'old' });
    events.take({ action: 'start', id: 'new' });
    events.take({ action: 'destroy', id: 'old' });
    events.pass(1000);
    expect(await seen(events)).to.equal('web');
    events.take({ action: 'destroy', id: 'new' });
    events.pass(1000);
    expect(await seen(events)).to.equal('');
  });
});

describe('gauge', () => {
  const size = gauge({
    name: 'size_bytes',
    help: 'Size.',
    unit: 'bytes',
    labels: ({ action }: Event) => ({ action }),
    value: ({ size }: Event) => size,
  });

  it('has the last value of each series', async () => {
    const sizes = metering(size);
    for (const value of [1, 2, undefined])
      sizes.take({ action: 'a', ...(value !== undefined && { size: value }) });
    for (const value of [NaN, Infinity, -Infinity, 1e21, -0.5])
      sizes.take({ action: String(value), size: value });
    expect(await sizes.lines()).to.deep.equal([
      'size_bytes{action="a"} 2',
      'size_bytes{action="NaN"} NaN',
      'size_bytes{action="Infinity"} +Inf',
      'size_bytes{action="-Infinity"} -Inf',
      'size_bytes{action="1e+21"} 1e+21',
      'size_bytes{action="-0.5"} -0.5',
    ]);
  });

  it('tells its unit as OpenMetrics, and begins anew with each process', async () => {
    expect(await metering(size).openMetrics()).to.equal(
      '# TYPE size_bytes gauge\n# UNIT size_bytes bytes\n# HELP size_bytes Size.\n# EOF\n',
    );
    expect(metering(size).read).to.equal(undefined);
  });
});

describe('histogram', () => {
  const options = {
    name: 'size_bytes',
    help: 'Sizes.',
    buckets: [0.5, 10],
    labels: ({ action }: Event) => ({ action }),
    value: ({ size }: Event) => size,
  };

  it('counts up to each bound, and sums', async () => {
    const sizes = metering(histogram(options));
    for (const size of [0.5, 0.6, 10, 10.5, 1e6]) sizes.take({ action: 'a', size });
    sizes.take({ action: 'b' });
    expect(await sizes.lines()).to.deep.equal([
      'size_bytes_bucket{action="a",le="0.5"} 1',
      'size_bytes_bucket{action="a",le="10.0"} 3',
      'size_bytes_bucket{action="a",le="+Inf"} 5',
      'size_bytes_sum{action="a"} 1000021.6',
      'size_bytes_count{action="a"} 5',
    ]);
    for (const size of [NaN, Infinity])
      expect(() => sizes.take({ action: 'a', size })).to.throw('value must be a finite number');
  });

  it('has an exemplar of each bucket, as OpenMetrics', async () => {
    const sizes = metering(
      histogram({ ...options, labels: () => ({}), exemplar: ({ action }) => ({ event: action }) }),
    );
    for (const [action, size] of [
      ['a', 5],
      ['b', 7],
      ['c', 11],
    ] as const)
      sizes.take({ action, size });
    expect((await sizes.openMetrics()).split('\n').slice(2)).to.deep.equal([
      'size_bytes_bucket{le="0.5"} 0',
      'size_bytes_bucket{le="10.0"} 2 # {event="b"} 7',
      'size_bytes_bucket{le="+Inf"} 3 # {event="c"} 11',
      'size_bytes_sum 23',
      'size_bytes_count 3',
      `size_bytes_created ${START / 1000}`,
      '# EOF',
      '',
    ]);
  });

  it('goes on in a later process, unless its bounds are others', async () => {
    const before = metering(histogram(options));
    for (const size of [1, 100]) before.take({ action: 'a', size });
    const state = JSON.parse(JSON.stringify(before.read!())) as never;
    const after = metering(histogram(options));
    after.restore!(state);
    after.take({ action: 'a', size: 1 });
    expect((await after.lines()).slice(1)).to.deep.equal([
      'size_bytes_bucket{action="a",le="10.0"} 2',
      'size_bytes_bucket{action="a",le="+Inf"} 3',
      'size_bytes_sum{action="a"} 102',
      'size_bytes_count{action="a"} 3',
    ]);
    const other = metering(histogram({ ...options, buckets: [1, 10] }));
    other.restore!(state);
    expect(await other.lines()).to.deep.equal([]);
  });
});

describe('metrics', () => {
  const labels = (): Readonly<Record<string, string>> => ({});

  for (const [what, make, message] of [
    [
      'a name with other characters',
      () => counter({ ...named, name: 'a-b_total', labels }),
      'name "a-b_total" must be of letters',
    ],
    ['no name', () => counter({ help: 'x', labels } as never), 'counter: name undefined must be'],
    [
      'a counter without _total',
      () => counter({ ...named, name: 'events', labels }),
      'must end in _total: events_total',
    ],
    [
      'a gauge with _total',
      () => gauge({ ...named, labels, value: () => 1 }),
      'events_total is a gauge: only',
    ],
    [
      'a name of our own',
      () => counter({ ...named, name: 'dockrx_x_total', labels }),
      'begins as a metric of dockrx itself',
    ],
    [
      'a name that a part of another has',
      () => gauge({ name: 'size_count', help: 'x', labels, value: () => 1 }),
      'size_count ends as a part of another metric would',
    ],
    ['no help', () => counter({ ...named, help: ' ', labels }), 'events_total needs a help'],
    [
      'a unit that is not in the name',
      () => counter({ ...named, unit: 'seconds', labels }),
      'must end in its unit: _seconds',
    ],
    ['no labels', () => counter(named as never), 'events_total needs labels'],
    ['no value', () => gauge({ name: 'x', help: 'x', labels } as never), 'gauge: x needs a value'],
    ['an end without a key', () => counter({ ...named, labels, ends }), 'has ends but no key'],
    [
      'an end without a grace',
      () => counter({ ...named, labels, ends: { of: ends.of } as never }),
      'ends must be { of: a function',
    ],
    [
      'the label le',
      () => counter({ ...named, labels, labelNames: ['le'] }),
      'the label name "le" is reserved',
    ],
    [
      'a label of Prometheus',
      () => counter({ ...named, labels, labelNames: ['__name__'] }),
      "must not begin with '__'",
    ],
    [
      'bounds out of order',
      () => histogram({ name: 'x', help: 'x', labels, value: () => 1, buckets: [2, 1] }),
      'buckets must be a list of ascending',
    ],
    [
      'an unknown option',
      () => counter({ ...named, labels, buckets: [1] } as never),
      'there is no option "buckets"',
    ],
  ] as const)
    it(`refuse ${what}`, () => {
      expect(make).to.throw(PipelineError, message).with.property('code', 'CONFIG_INVALID');
    });

  it('reject records whose labels cannot be printed, or are not those declared', () => {
    const open = metering(
      counter({ ...named, labels: (record: Readonly<Record<string, string>>) => record }),
    );
    expect(() => open.take({ 'a-b': '' })).to.throw('the label name "a-b" must be of letters');
    expect(() => open.take({ quantile: '' })).to.throw('is reserved');
    const strict = metering(
      counter({
        ...named,
        labels: (record: Readonly<Record<string, string>>) => record,
        labelNames: ['a', 'b'],
      }),
    );
    for (const wrong of [{ a: '' }, { a: '', c: '' }, { a: '', b: '', c: '' }] as Record<string, string>[])
      expect(() => strict.take(wrong)).to.throw('its labels must be a, b, not a');
    strict.take({ b: '', a: '' });
  });
});
