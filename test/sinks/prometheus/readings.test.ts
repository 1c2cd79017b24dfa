import { expect } from 'chai';
import { PipelineError } from '../../../src/core/errors.ts';
import type { Reading } from '../../../src/sinks/prometheus/reading.ts';
import { readings } from '../../../src/sinks/prometheus/readings.ts';
import { metering, START } from './metering.ts';

interface Sample {
  readonly kind: 'sample';
  readonly id: string;
  readonly name?: string;
  readonly time?: string;
  readonly cpu?: number;
  readonly networks?: Readonly<Record<string, number>>;
}
interface Destroyed {
  readonly kind: 'destroyed';
  readonly id: string;
  readonly time?: string;
}
type Any = Sample | Destroyed;

const isSample = (record: Any): record is Sample => record.kind === 'sample';
const cpu: Reading<Sample> = {
  name: 'cpu_seconds_total',
  help: 'CPU.',
  type: 'counter',
  unit: 'seconds',
  read: ({ cpu }) => cpu,
};
const received: Reading<Sample> = {
  name: 'received_bytes',
  help: 'Bytes.',
  type: 'gauge',
  read: ({ networks = {} }) =>
    Object.entries(networks).map(([interface_, bytes]) => [{ interface: interface_ }, bytes] as const),
};
const options = {
  of: isSample,
  key: ({ id }: Sample) => id,
  labels: ({ name = '', id }: Sample) => ({ name: name || id }),
  metrics: [cpu, received],
  ends: { of: (record: Any) => (record.kind === 'destroyed' ? record.id : undefined), graceMs: 1000 },
};
const sample = (id: string, rest: Partial<Sample> = {}): Sample => ({ kind: 'sample', id, ...rest });
const destroyed = (id: string, time?: string): Destroyed => ({
  kind: 'destroyed',
  id,
  ...(time !== undefined && { time }),
});
const at = (seconds: number): string => new Date(START + seconds * 1000).toISOString();

describe('readings', () => {
  it('are taken from the newest record of each key when they are scraped', async () => {
    let reads = 0;
    const metered = metering(
      readings<Any, Sample>({ ...options, metrics: [{ ...cpu, read: ({ cpu }) => ((reads += 1), cpu) }] }),
    );
    for (const value of [1, 2, 3]) metered.take(sample('a', { cpu: value }));
    metered.take(sample('b', { cpu: 9 }));
    metered.take(sample('c'));
    expect(reads).to.equal(0);
    expect(await metered.lines()).to.deep.equal([
      'cpu_seconds_total{name="a"} 3',
      'cpu_seconds_total{name="b"} 9',
    ]);
    expect(reads).to.equal(3);
  });

  it('print a family after the other, several values apart by further labels', async () => {
    const metered = metering(readings<Any, Sample>(options));
    metered.take(sample('a', { cpu: 1, networks: { eth0: 5, 'e"1': 6 } }));
    metered.take(sample('b', { cpu: 2 }));
    expect(await metered.openMetrics()).to.equal(
      [
        '# TYPE cpu_seconds counter',
        '# UNIT cpu_seconds seconds',
        '# HELP cpu_seconds CPU.',
        'cpu_seconds_total{name="a"} 1',
        'cpu_seconds_total{name="b"} 2',
        '# TYPE received_bytes gauge',
        '# HELP received_bytes Bytes.',
        'received_bytes{name="a",interface="eth0"} 5',
        'received_bytes{name="a",interface="e\\"1"} 6',
        '# EOF\n',
      ].join('\n'),
    );
  });

  it('show labels that have changed, and no series twice', async () => {
    const metered = metering(readings<Any, Sample>(options));
    metered.take(sample('a', { name: 'web', cpu: 1 }));
    metered.take(sample('b', { name: 'db', cpu: 2 }));
    metered.take(sample('a', { name: 'web-old', cpu: 3 }));
    // A container of that name again: it takes the place of the one before.
    metered.take(sample('c', { name: 'db', cpu: 4 }));
    expect(await metered.lines()).to.deep.equal([
      'cpu_seconds_total{name="web-old"} 3',
      'cpu_seconds_total{name="db"} 4',
    ]);
    metered.take(destroyed('b'));
    metered.pass(1000);
    expect(await metered.lines()).to.have.length(2);
  });

  it('do not change the labels of what is being printed', async () => {
    const metered = metering(readings<Any, Sample>({ ...options, metrics: [cpu] }));
    for (const id of ['a', 'b']) metered.take(sample(id, { cpu: 1 }));
    const labels: string[] = [];
    for (const series of metered.families[0]!.series()) {
      labels.push(series!.labels);
      metered.take(sample('a', { name: 'c', cpu: 1 }));
      metered.take(sample('b', { name: 'a', cpu: 1 }));
    }
    expect(labels).to.deep.equal(['name="a"', 'name="b"']);
    expect(await metered.lines()).to.deep.equal([
      'cpu_seconds_total{name="c"} 1',
      'cpu_seconds_total{name="a"} 1',
    ]);
  });

  it('end with their key, after the grace, unless something later comes of it', async () => {
    const metered = metering(readings<Any, Sample>(options));
    for (const id of ['gone', 'back']) metered.take(sample(id, { cpu: 1, time: at(0) }));
    for (const id of ['gone', 'back', 'unknown']) metered.take(destroyed(id, at(2)));
    // Taken before the end, and come behind it.
    metered.take(sample('gone', { cpu: 2, time: at(1) }));
    metered.take(sample('back', { cpu: 2, time: at(3) }));
    metered.pass(999);
    expect(await metered.lines()).to.deep.equal([
      'cpu_seconds_total{name="gone"} 2',
      'cpu_seconds_total{name="back"} 2',
    ]);
    metered.pass(1);
    expect(await metered.lines()).to.deep.equal(['cpu_seconds_total{name="back"} 2']);
  });

  it('keep no more keys than the limit, those that have ended make room', async () => {
    const metered = metering(readings<Any, Sample>({ ...options, metrics: [cpu] }), { seriesLimit: 2 });
    for (const id of ['a', 'b', 'c', 'a']) metered.take(sample(id, { cpu: 1 }));
    expect(metered.costs).to.deep.equal(['limited cpu_seconds_total']);
    metered.take(destroyed('a'));
    metered.take(sample('c', { cpu: 1 }));
    expect(await metered.lines()).to.deep.equal([
      'cpu_seconds_total{name="b"} 1',
      'cpu_seconds_total{name="c"} 1',
    ]);
    expect(metered.costs).to.have.length(1);
  });

  it('print no more series of a metric than the limit', async () => {
    const metered = metering(readings<Any, Sample>({ ...options, metrics: [received] }), { seriesLimit: 3 });
    for (const id of ['a', 'b']) metered.take(sample(id, { networks: { eth0: 1, eth1: 2 } }));
    expect(await metered.lines()).to.have.length(3);
    expect(metered.costs).to.deep.equal(['limited received_bytes']);
  });

  it('leave out what cannot be read, and tell', async () => {
    const broken: Reading<Sample> = {
      ...received,
      read: ({ id, cpu = 0 }) => {
        if (id === 'thrown') throw new Error('no such file');
        return id === 'base'
          ? [[{ name: 'x' }, 1]]
          : id === 'twice'
            ? [
                [{ a: 1 }, 1],
                [{ a: 1 }, 2],
              ]
            : cpu;
      },
    };
    const metered = metering(readings<Any, Sample>({ ...options, metrics: [broken] }));
    for (const id of ['thrown', 'base', 'twice', 'fine']) metered.take(sample(id, { cpu: 1 }));
    expect(await metered.lines()).to.deep.equal(['received_bytes{name="fine"} 1']);
    expect(metered.failures).to.deep.equal([
      'received_bytes: no such file',
      'received_bytes: the label name is one of all its series already',
      'received_bytes: it has two values of the labels {a="1"}',
    ]);
  });

  for (const [what, wrong, message] of [
    ['no type guard', { of: undefined }, 'readings: it needs of'],
    ['no metrics', { metrics: [] }, 'metrics must be a list of metrics'],
    ['a counter without _total', { metrics: [{ ...cpu, name: 'cpu_seconds' }] }, 'must end in _total'],
    ['a metric without a value', { metrics: [{ ...cpu, read: undefined }] }, 'cpu_seconds_total needs read'],
    [
      'a histogram',
      { metrics: [{ ...cpu, type: 'histogram' }] },
      "the type of cpu_seconds_total must be 'gauge'",
    ],
    [
      'two metrics of which OpenMetrics would make one',
      { metrics: [cpu, { ...cpu, name: 'cpu_seconds', type: 'gauge' }] },
      'cpu_seconds is declared twice',
    ],
    ['a metric twice', { metrics: [cpu, cpu] }, 'cpu_seconds_total is declared twice'],
  ] as const)
    it(`refuse ${what}`, () => {
      expect(() => readings({ ...options, ...wrong } as never)).to.throw(PipelineError, message);
    });
});
