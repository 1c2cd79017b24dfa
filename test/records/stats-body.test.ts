import { expect } from 'chai';
import fc from 'fast-check';
import { isFirst, isReading, parseStatsBody } from '../../src/records/stats-body.ts';
import {
  rawAnswers,
  rawErrors,
  rawReadings,
  statsCaptures,
  windowsStats,
  type RawStats,
} from '../captures.ts';

const V1 = 'docker/stats-block-io.docker-20.10-cgroupv1.ndjson';
const V2 = 'docker-cgroupv2/stats-net-traffic.docker-28.5-cgroupv2.ndjson';
const PODMAN_4 = 'docker/stats-mem-limit.podman-4.3.1-cgroupv1.ndjson';

const reading = (path: string, line = 1): RawStats => rawReadings(path)[line]!;

describe('parseStatsBody', () => {
  it('takes every answer recorded of Docker 20.10, 26.1, 28.5 and podman 4.3, 5.8', () => {
    const answers = statsCaptures().flatMap(rawAnswers);
    for (const raw of answers) expect(parseStatsBody(raw)).to.have.property('read', raw.read);
    expect(answers).to.have.length.above(400);
  });

  it("says what the engine answered instead, be it podman's 200 with an error", () => {
    const errors = statsCaptures().flatMap(rawErrors);
    for (const raw of errors) {
      const said = `the engine answered without a reading: ${raw.message}`;
      expect(() => parseStatsBody(raw))
        .to.throw(TypeError)
        .with.property('message', said);
    }
    expect(errors.map(({ message }) => message)).to.include('container is stopped');
    expect(() => parseStatsBody({ message: 'x'.repeat(10_000) })).to.throw(TypeError, /^.{0,250}$/);
  });

  it('returns the object itself, whole as the engine sent it', () => {
    for (const path of [V1, V2]) {
      const raw = reading(path);
      const before = JSON.stringify(raw);
      expect(parseStatsBody(raw)).to.equal(raw);
      expect(JSON.stringify(raw)).to.equal(before);
    }
  });

  it("mends podman's Id, in a copy", () => {
    const raw = reading(PODMAN_4);
    const body = parseStatsBody(raw);
    expect(raw.Id).to.match(/^[0-9a-f]{64}$/);
    expect(body.id).to.equal(raw.Id);
    expect(body).not.to.have.property('Id');
    expect({ ...body, Id: raw.Id }).to.deep.equal({ ...raw, id: raw.Id });
  });

  it('mends sections that are absent and objects that are null', () => {
    const body = parseStatsBody({
      read: '2026-11-22T10:00:01Z',
      cpu_stats: {
        cpu_usage: { total_usage: 5, usage_in_kernelmode: 2, usage_in_usermode: 3, percpu_usage: null },
      },
      memory_stats: { usage: 1, stats: null },
      networks: null,
      network: null,
    });
    const nothing = { total_usage: 0, usage_in_kernelmode: 0, usage_in_usermode: 0 };
    const throttling_data = { periods: 0, throttled_periods: 0, throttled_time: 0 };
    expect(body).to.deep.equal({
      read: '2026-11-22T10:00:01Z',
      preread: '0001-01-01T00:00:00Z',
      num_procs: 0,
      pids_stats: {},
      blkio_stats: {},
      storage_stats: {},
      cpu_stats: {
        cpu_usage: { total_usage: 5, usage_in_kernelmode: 2, usage_in_usermode: 3 },
        throttling_data,
      },
      precpu_stats: { cpu_usage: nothing, throttling_data },
      memory_stats: { usage: 1 },
    });
    expect(isFirst(body)).to.equal(true);
    expect(isReading(body)).to.equal(true);
  });

  const gaps: readonly (readonly [path: string, gap: null | undefined, mended: unknown])[] = [
    ['preread', undefined, '0001-01-01T00:00:00Z'],
    ['num_procs', undefined, 0],
    ['pids_stats', null, {}],
    ['blkio_stats', null, {}],
    ['storage_stats', undefined, {}],
    ['memory_stats', null, {}],
    ['memory_stats.stats', null, undefined],
    ['cpu_stats.cpu_usage.percpu_usage', null, undefined],
    ['precpu_stats.cpu_usage.percpu_usage', null, undefined],
    ['cpu_stats.throttling_data', null, { periods: 0, throttled_periods: 0, throttled_time: 0 }],
    ['networks', null, undefined],
    ['network', null, undefined],
  ];
  for (const [path, gap, mended] of gaps) {
    it(`mends ${path} when that alone is ${shown(gap)}`, () => {
      const raw = reading(V1);
      const body = parseStatsBody(withChange(raw, path.split('.'), gap));
      const expected = withChange(raw, path.split('.'), mended);
      expect(JSON.parse(JSON.stringify(body))).to.deep.equal(JSON.parse(JSON.stringify(expected)));
    });
  }

  it('takes the shape of Windows', () => {
    const raw = windowsStats();
    expect(parseStatsBody(raw)).to.equal(raw);
    expect(isReading(parseStatsBody(raw))).to.equal(true);
  });

  it('takes what API 1.20 says of the network', () => {
    const raw = reading('mesoscloud/docker-stats-api1.20.h1-pre.ndjson');
    expect(raw.network).to.have.property('rx_bytes');
    expect(parseStatsBody(raw).network).to.equal(raw.network);
  });

  const wrongs: readonly (readonly [path: string, junk: unknown, message: string])[] = [
    ['read', 5, 'expected a string, found 5'],
    ['preread', {}, 'expected a string, found an object'],
    ['num_procs', '1', 'expected a number, found "1"'],
    ['cpu_stats.cpu_usage.total_usage', '7', 'expected a number, found "7"'],
    ['cpu_stats.online_cpus', null, 'expected a number, found null'],
    ['precpu_stats.cpu_usage', [], 'expected an object, found a list'],
    ['cpu_stats.throttling_data.periods', undefined, 'expected a number, found nothing'],
    ['memory_stats.stats.cache', {}, 'expected a number, found an object'],
    ['memory_stats.usage', true, 'expected a number, found true'],
    ['pids_stats.current', '2', 'expected a number, found "2"'],
    ['blkio_stats.io_serviced_recursive', 3, 'expected a list, found 3'],
    ['networks', 3, 'expected an object, found 3'],
    ['networks.eth0.rx_bytes', '1', 'expected a number, found "1"'],
  ];
  for (const [path, junk, message] of wrongs) {
    it(`names ${path} when it is ${shown(junk)}`, () => {
      const raw = withChange(reading(V1), path.split('.'), junk);
      expect(() => parseStatsBody(raw))
        .to.throw(TypeError)
        .with.property('message', `${path}: ${message}`);
    });
  }

  it('names the list an entry is wrong in', () => {
    const each = withChange(reading(V1), ['cpu_stats', 'cpu_usage', 'percpu_usage', '1'], null);
    const path = 'cpu_stats.cpu_usage.percpu_usage';
    expect(() => parseStatsBody(each)).to.throw(TypeError, `${path}: expected a list of numbers, found null`);
    const op = withChange(reading(V1), ['blkio_stats', 'io_serviced_recursive', '0', 'op'], 5);
    expect(() => parseStatsBody(op)).to.throw(
      TypeError,
      'blkio_stats.io_serviced_recursive.op: expected a string',
    );
  });

  for (const value of [null, undefined, 5, 'text', [], [{}], true]) {
    it(`refuses ${shown(value)}`, () => {
      expect(() => parseStatsBody(value)).to.throw(TypeError, 'stats: expected an object');
    });
  }

  it('never throws anything but a TypeError, whatever JSON comes', () => {
    const raws = [reading(V1), reading(V2), reading(PODMAN_4), windowsStats()];
    fc.assert(
      fc.property(fc.constantFrom(...raws), fc.nat(), fc.jsonValue(), (raw, at, junk) => {
        const paths = pathsOf(raw);
        try {
          parseStatsBody(withChange(raw, paths[at % paths.length]!, junk));
        } catch (error) {
          expect(error).to.be.instanceOf(TypeError);
          expect((error as Error).message).to.match(/: expected |^the engine answered/);
        }
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('isReading', () => {
  it('is false for every empty sample recorded, and true for all others', () => {
    const answers = statsCaptures().flatMap(rawAnswers);
    const empty = answers.filter(({ read }) => read.startsWith('0001'));
    for (const raw of answers)
      expect(isReading(parseStatsBody(raw)), raw.read).to.equal(!empty.includes(raw));
    expect(empty).to.have.length.above(50);
  });

  it('is false for what was read in year 1, whatever else is in it', () => {
    const raw = { ...reading(V1), read: '0001-01-01T00:00:00Z' };
    expect(isReading(parseStatsBody(raw))).to.equal(false);
  });

  it('is false for an answer that has a time and nothing else', () => {
    expect(isReading(parseStatsBody({ id: 'c', name: '/n', read: '2026-11-22T10:00:01Z' }))).to.equal(false);
  });
});

describe('isFirst', () => {
  it('is true of the first line of a stream and of one-shot answers', () => {
    const oneShot = 'docker-cgroupv2/stats-running-oneshot.docker-28.5-cgroupv2.ndjson';
    expect(isFirst(parseStatsBody(reading(V1, 0)))).to.equal(true);
    expect(isFirst(parseStatsBody(reading(V1, 1)))).to.equal(false);
    expect(isFirst(parseStatsBody(reading(oneShot, 0)))).to.equal(true);
  });
});

function shown(value: unknown): string {
  return value === undefined ? 'undefined' : JSON.stringify(value);
}

function pathsOf(value: unknown, path: readonly string[] = []): (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [path];
  return [path, ...Object.entries(value).flatMap(([name, inner]) => pathsOf(inner, [...path, name]))];
}

/** A copy in which one value, however deep, is another. */
function withChange(value: unknown, [name, ...rest]: readonly string[], junk: unknown): unknown {
  if (name === undefined) return junk;
  const fields = value as Record<string, unknown>;
  const changed = { [name]: withChange(fields[name], rest, junk) };
  return Array.isArray(value) ? Object.assign([...(value as unknown[])], changed) : { ...fields, ...changed };
}
