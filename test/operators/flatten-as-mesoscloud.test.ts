import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { of } from 'rxjs';
import { flattenAsMesoscloud } from '../../src/operators/flatten-as-mesoscloud.ts';
import type { FlatLog } from '../../src/operators/flatten-log.ts';
import type { ContainerInfo, ContainerStats } from '../../src/records/container-stats.ts';
import type { DockerEvent } from '../../src/records/docker-event.ts';
import type { Gap } from '../../src/records/gap.ts';
import type { LogLine } from '../../src/records/log-line.ts';
import { dockerEventParser } from '../../src/records/parse-docker-event.ts';
import { textOf } from '../../src/records/text.ts';
import { capturedLines, rawReadings, recordOf, type RawStats } from '../captures.ts';
import { operatorContract } from '../contracts/operator-contract.ts';

// Held against what the ancestor (mesoscloud/events 0.2.2) itself wrote, of the same answers.

type Fields = Readonly<Record<string, unknown>>;

interface Case {
  readonly kind: 'stat' | 'event' | 'log';
  readonly case: string;
  readonly input: unknown;
  readonly output?: Fields;
}

const handlers = capturedLines('mesoscloud/handlers-0.2.2.ndjson');
const cases = handlers.map((line) => JSON.parse(line) as Case);
const written = capturedLines('mesoscloud/0.2.2-api1.20.containers.log');
const writtenFields = written.map((line) => JSON.parse(line) as Fields);

/** The line of a file that is made of a record. */
function lineOf(record: DockerEvent | Gap | ContainerStats | LogLine): string {
  let line = '';
  of(record)
    .pipe(flattenAsMesoscloud())
    .subscribe((flat) => (line = textOf(flat)));
  return line;
}

const fieldsOf = (record: Parameters<typeof lineOf>[0]): Fields => JSON.parse(lineOf(record)) as Fields;

/** Whose record the ancestor's is. */
const containerIn = (fields: Fields): ContainerInfo => ({
  id: fields['container_id'] as string,
  name: (fields['container'] as string).slice(1),
  image: fields['image'] as string,
  imageId: fields['image_id'] as string,
  labels: {},
});

describe('the readings of mesoscloud/events', () => {
  const ofIt = (raw: RawStats, fields: Fields): Fields =>
    fieldsOf(recordOf(raw, { container: containerIn(fields) }));
  const stats = cases.filter(({ kind }) => kind === 'stat');
  const handled = stats.filter(({ output }) => output !== undefined);

  for (const { case: name, input, output } of handled) {
    it(`are in ours, each key and value: ${name}`, () => {
      expect(ofIt(input as RawStats, output!)).to.deep.include(output!);
    });
  }

  for (const { case: name, input } of stats.filter(({ output }) => output === undefined)) {
    it(`are not lost any more: ${name}`, () => {
      const fields = ofIt(input as RawStats, handled[0]!.output!);
      expect(fields).to.include({ cpu_total_usage: (input as RawStats).cpu_stats.cpu_usage.total_usage });
      const { networks, network } = input as RawStats;
      expect(fields['network_rx_bytes']).to.equal((networks?.['eth0'] ?? network)?.['rx_bytes']);
    });
  }

  for (const version of ['1.20', '1.41']) {
    it(`are in ours when the engine speaks API ${version}: 59 pairs`, () => {
      const answers = rawReadings(`mesoscloud/docker-stats-api${version}.h1-pre.ndjson`);
      const byRead = new Map(answers.map((raw) => [raw.read, raw]));
      const pairs = writtenFields
        .filter((fields) => fields['container'] === '/h1-pre' && 'cpu_total_usage' in fields)
        .filter((fields) => byRead.has(fields['@timestamp'] as string));
      expect(pairs).to.have.lengthOf(59);
      for (const fields of pairs)
        expect(ofIt(byRead.get(fields['@timestamp'] as string)!, fields)).to.deep.include(fields);
    });
  }

  it('have their keys in the same order in ours', () => {
    const raw = rawReadings('mesoscloud/docker-stats-api1.20.h1-pre.ndjson')[0]!;
    const fields = writtenFields.find((each) => 'cpu_total_usage' in each)!;
    const keys = Object.keys(ofIt(raw, fields));
    expect(keys.filter((key) => key in fields)).to.deep.equal(Object.keys(fields));
  });

  it('are in ours: the example of its README, by the answer that it must have been made of', () => {
    const path = new URL('../fixtures/mesoscloud/readme-stats.json', import.meta.url);
    const example = JSON.parse(readFileSync(path, 'utf8')) as Record<string, number | string>;
    const part = (prefix: string): Record<string, number> =>
      Object.fromEntries(
        Object.entries(example)
          .filter(([key]) => key.startsWith(prefix))
          .map(([key, value]) => [key.slice(prefix.length), value as number]),
      );
    const { percpu_usage0, ...cpu } = part('cpu_');
    const { usage, limit, ...memory } = part('memory_');
    const raw = {
      read: example['@timestamp'],
      preread: '0001-01-01T00:00:00Z',
      pids_stats: {},
      blkio_stats: {},
      num_procs: 0,
      storage_stats: {},
      cpu_stats: {
        cpu_usage: { ...cpu, percpu_usage: [percpu_usage0] },
        throttling_data: { periods: 0, throttled_periods: 0, throttled_time: 0 },
      },
      memory_stats: { usage, limit, stats: memory },
      networks: { eth0: part('network_') },
    };
    const fields = ofIt({ ...raw, precpu_stats: raw.cpu_stats } as unknown as RawStats, example);
    expect(fields).to.deep.include(example);
    const added = Object.keys(fields).filter((key) => !(key in example));
    expect(added.filter((key) => !/^(host|cpu_throttling_|network_eth0_)/.test(key))).to.deep.equal([]);
  });
});

describe('the events of mesoscloud/events', () => {
  const parse = dockerEventParser({ host: 'h', simulated: false, labels: ['*'], execCommands: 'keep' });

  /** Also digit by digit: `event_timeNano` has more of them than a number here. */
  function expectSame(line: string, text: string): void {
    const ours = lineOf(parse(line));
    expect(JSON.parse(ours)).to.deep.include(JSON.parse(text));
    const digits = /"event_timeNano": ?(\d+)/;
    expect(digits.exec(ours)![1]).to.equal(digits.exec(text)![1]);
  }

  handlers.forEach((text, index) => {
    const { kind, case: name } = cases[index]!;
    if (kind !== 'event') return;
    it(`are in ours, each key and value: ${name}`, () => {
      const at = text.indexOf(', "output": ');
      expectSame(text.slice(text.indexOf('"input": ') + 9, at), text.slice(at + 12, -1));
    });
  });

  it('are in ours, each key and value: all it wrote in its run', () => {
    const lines = written.filter((line) => line.includes('"event_status"'));
    expect(lines).to.have.length.above(10);
    for (const line of lines)
      expectSame(line.replace(/"@timestamp": "[^"]*", /, '').replaceAll('"event_', '"'), line);
  });

  it('keep their digits whatever a label says', () => {
    const nano = '1795303705095441522';
    const attributes = { event_timeNano: '1', name: 'a","event_timeNano":"2' };
    const line = JSON.stringify({
      Type: 'container',
      Action: 'die',
      Actor: { ID: 'c', Attributes: attributes },
    });
    const ours = lineOf(parse(`${line.slice(0, -1)},"time":1795303705,"timeNano":${nano}}`));
    expect(ours).to.include(`"event_timeNano":${nano},`);
    const fields = JSON.parse(ours) as { readonly event_Actor: object; readonly container: string };
    expect(fields.event_Actor).to.deep.equal({ ID: 'c', Attributes: attributes });
    expect(fields.container).to.equal(`/${attributes.name}`);
  });
});

describe('the lines of logs of mesoscloud/events', () => {
  const logLine = (fields: Fields, stream: 'stdout' | 'stderr', text: string): LogLine => ({
    kind: 'log-line',
    host: 'h',
    time: fields['@timestamp'] as string,
    container: containerIn(fields),
    stream,
    text,
  });

  for (const { case: name, input, output } of cases.filter(({ kind }) => kind === 'log')) {
    if (output === undefined) continue;
    it(`are in ours, each key and value: ${name}`, () => {
      const text = (input as string).replace(/^.*?Z /s, '').replace(/\n$/, '');
      const stream = (input as string).startsWith('\u0002') ? 'stderr' : 'stdout';
      expect(fieldsOf(logLine(output, stream, text))).to.deep.include(output);
    });
  }

  it('are in ours, each key and value: all it wrote in its run', () => {
    const lines = writtenFields.filter((fields) => 'log' in fields);
    // A longer line it took for several, with the headers of the others in it.
    const whole = lines.filter(({ log }) => (log as string).length < 16_384);
    expect(whole).to.have.length.above(10);
    for (const fields of whole) {
      const text = (fields['log'] as string).slice(0, -1);
      expect(fieldsOf(logLine(fields, fields['stream'] as 'stdout' | 'stderr', text))).to.deep.include(
        fields,
      );
    }
  });
});

const gap: Gap = {
  kind: 'gap',
  type: 'gap',
  host: 'h',
  time: '2026-11-22T00:00:02.000000000Z',
  fromTime: '2026-11-22T00:00:00.000000000Z',
  toTime: '2026-11-22T00:00:01.000000000Z',
  container: { id: 'c', name: 'web' },
  reason: 'log-cut',
  atLeast: 0,
};
const line: LogLine = {
  kind: 'log-line',
  host: 'h',
  time: '2026-11-22T00:00:00.123456789Z',
  container: { id: 'c', name: 'web', image: 'bb:1', imageId: 'i', labels: {} },
  stream: 'stdout',
  text: 'x',
};
const flatLine: FlatLog = {
  '@timestamp': line.time,
  log: 'x\n',
  stream: 'stdout',
  container: '/web',
  container_id: 'c',
  image: 'bb:1',
  image_id: 'i',
  host: 'h',
};

operatorContract('flattenAsMesoscloud', {
  make: flattenAsMesoscloud,
  input: { a: line, b: { ...line, unfinished: true }, c: gap },
  output: {
    a: flatLine,
    b: { ...flatLine, log: 'x', log_unfinished: true },
    c: {
      '@timestamp': gap.time,
      type: 'gap',
      gap_fromTime: gap.fromTime,
      gap_toTime: gap.toTime,
      gap_reason: gap.reason,
      gap_atLeast: 0,
      host: 'h',
      container: '/web',
      container_id: 'c',
    },
  },
});
