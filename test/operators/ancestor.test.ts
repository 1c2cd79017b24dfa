import { expect } from 'chai';
import { of, type OperatorFunction } from 'rxjs';
import { flattenEvent, type FlatEvent } from '../../src/operators/flatten-event.ts';
import { flattenStats } from '../../src/operators/flatten-stats.ts';
import { dockerEventParser } from '../../src/records/parse-docker-event.ts';
import { capturedLines, rawReadings, recordOf, type RawStats } from '../captures.ts';

// What the ancestor (mesoscloud/events 0.2.2) itself wrote, of the same answers.

type Fields = Readonly<Record<string, unknown>>;

interface Case {
  readonly kind: 'stat' | 'event' | 'log';
  readonly case: string;
  readonly input: unknown;
  readonly output?: Fields;
}

const handlers = capturedLines('mesoscloud/handlers-0.2.2.ndjson');
const cases = handlers.map((line) => JSON.parse(line) as Case);

function only<T, R>(value: T, operator: OperatorFunction<T, R>): R {
  const emitted: R[] = [];
  of(value)
    .pipe(operator)
    .subscribe((record) => emitted.push(record));
  return emitted[0]!;
}

/** The one difference: a container's name has no slash before it, as in the ancestor's later versions. */
const withoutSlash = (fields: Fields): Fields => ({
  ...fields,
  container: (fields['container'] as string).replace(/^\//, ''),
});

describe('the readings of the ancestor', () => {
  const info = (fields: Fields): Parameters<typeof recordOf>[1] => ({
    container: {
      id: fields['container_id'] as string,
      name: (fields['container'] as string).slice(1),
      image: fields['image'] as string,
      imageId: fields['image_id'] as string,
      labels: {},
    },
  });
  const stats = cases.filter(({ kind }) => kind === 'stat');
  const written = stats.filter(({ output }) => output !== undefined);

  for (const { case: name, input, output } of written) {
    it(`are in ours, each key and value: ${name}`, () => {
      const record = recordOf(input as RawStats, info(output!));
      expect(only(record, flattenStats())).to.deep.include(withoutSlash(output!));
    });
  }

  for (const { case: name, input } of stats.filter(({ output }) => output === undefined)) {
    it(`are not lost any more: ${name}`, () => {
      const fields = only(recordOf(input as RawStats, info(written[0]!.output!)), flattenStats());
      expect(fields).to.include({ cpu_total_usage: (input as RawStats).cpu_stats.cpu_usage.total_usage });
      const { networks, network } = input as RawStats;
      expect(fields.network_rx_bytes).to.equal((networks?.['eth0'] ?? network)?.['rx_bytes']);
    });
  }

  const log = capturedLines('mesoscloud/0.2.2-api1.20.containers.log')
    .map((line) => JSON.parse(line) as Fields)
    .filter((fields) => fields['container'] === '/h1-pre' && 'cpu_total_usage' in fields);

  for (const version of ['1.20', '1.41']) {
    it(`are in ours when the engine speaks API ${version}: 59 pairs`, () => {
      const answers = rawReadings(`mesoscloud/docker-stats-api${version}.h1-pre.ndjson`);
      const byRead = new Map(answers.map((raw) => [raw.read, raw]));
      const pairs = log.filter((fields) => byRead.has(fields['@timestamp'] as string));
      expect(pairs).to.have.lengthOf(59);
      for (const fields of pairs) {
        const record = recordOf(byRead.get(fields['@timestamp'] as string)!, info(fields));
        expect(only(record, flattenStats())).to.deep.include(withoutSlash(fields));
      }
    });
  }
});

describe('the events of the ancestor', () => {
  const parse = dockerEventParser({ host: 'h', simulated: false, labels: ['*'], execCommands: 'keep' });

  /** Two differences: the time has its nanoseconds, and `timeNano` all its digits, which take a string. */
  function expectSame(line: string, written: Fields, writtenText: string): void {
    const event = only(parse(line), flattenEvent()) as FlatEvent;
    const { '@timestamp': time, event_timeNano: nano } = event;
    expect({ ...event, '@timestamp': `${time.slice(0, 19)}Z`, event_timeNano: 0 }).to.deep.include({
      ...written,
      event_timeNano: 0,
    });
    expect(nano)
      .to.be.a('string')
      .and.equal(/"event_timeNano": (\d+)/.exec(writtenText)![1]);
    expect(time.slice(20, 29)).to.equal(nano.slice(-9));
  }

  handlers.forEach((text, index) => {
    const { kind, case: name, output } = cases[index]!;
    if (kind !== 'event') return;
    it(`are in ours, each key and value: ${name}`, () => {
      const input = text.slice(text.indexOf('"input": ') + 9, text.indexOf(', "output": '));
      expectSame(input, output!, text);
    });
  });

  it('are in ours, each key and value: all it wrote in its run', () => {
    const lines = capturedLines('mesoscloud/0.2.2-api1.20.containers.log').filter((line) =>
      line.includes('"event_status"'),
    );
    expect(lines).to.have.length.above(10);
    for (const line of lines) {
      const input = line.replace(/"@timestamp": "[^"]*", /, '').replaceAll('"event_', '"');
      expectSame(input, JSON.parse(line) as Fields, line);
    }
  });
});
