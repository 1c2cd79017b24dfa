import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import fc from 'fast-check';
import { from, type Observable, of } from 'rxjs';
import { PipelineError } from '../../src/core/errors.ts';
import { derive } from '../../src/operators/derive.ts';
import type { ContainerStats } from '../../src/records/container-stats.ts';
import type { Derived } from '../../src/records/derived-stats.ts';
import {
  capturedLines,
  rawAnswers,
  rawReadings,
  recordOf,
  recordsOf,
  statsCaptures,
  windowsStats,
  type RawStats,
} from '../captures.ts';
import { operatorContract } from '../contracts/operator-contract.ts';
import { marbles } from '../marbles.ts';

const V1 = 'docker/stats-mem-limit.docker-20.10-cgroupv1.ndjson';

function derivedOf(records: readonly ContainerStats[], options?: { maxContainers?: number }): Derived[] {
  const emitted: Derived[] = [];
  from(records)
    .pipe(derive(options))
    .subscribe(({ derived }) => emitted.push(derived));
  return emitted;
}

const RATES = [
  'cpuPercent',
  'networkRxBytesPerSecond',
  'networkTxBytesPerSecond',
  'blockReadBytesPerSecond',
  'blockWriteBytesPerSecond',
] as const;

const ratesIn = (derived: Derived): readonly string[] => RATES.filter((name) => name in derived);

/** Nanoseconds between two times, in whole numbers. */
function nanosBetween(earlier: string, later: string): number {
  const nanos = (time: string): bigint => {
    const [, second, fraction] = /^(.{19})(?:\.(\d+))?Z$/.exec(time)!;
    return BigInt(Date.parse(`${second}Z`)) * 1_000_000n + BigInt((fraction ?? '').padEnd(9, '0'));
  };
  return Number(nanos(later) - nanos(earlier));
}

/** A reading of a made-up container, at a second. */
interface Point {
  readonly at: number;
  readonly cpu: number;
  readonly rx?: number;
  readonly tx?: number;
  readonly read?: number;
  readonly write?: number;
  readonly id?: string;
  readonly host?: string;
}

function point({
  at,
  cpu,
  rx,
  tx = 0,
  read,
  write = 0,
  id = 'c1',
  host = 'engine-1',
}: Point): ContainerStats {
  const base = rawReadings(V1)[0]!;
  const time = new Date(Date.UTC(2026, 10, 22) + at * 1000).toISOString();
  const raw: RawStats = {
    ...base,
    id,
    read: time,
    preread: '0001-01-01T00:00:00Z',
    cpu_stats: { ...base.cpu_stats, cpu_usage: { ...base.cpu_stats.cpu_usage, total_usage: cpu * 1e9 } },
    networks: {},
    blkio_stats: {
      io_service_bytes_recursive: read === undefined ? null : [entry('read', read), entry('write', write)],
    },
  };
  if (rx !== undefined) raw.networks = { eth0: { rx_bytes: rx, tx_bytes: tx } };
  return recordOf(raw, { host });
}

const entry = (op: string, value: number): { major: number; minor: number; op: string; value: number } => ({
  major: 8,
  minor: 0,
  op,
  value,
});

{
  const [a, b, c] = [
    point({ at: 0, cpu: 1 }),
    point({ at: 0, cpu: 1, id: 'c2' }),
    point({ at: 0, cpu: 1, id: 'c3' }),
  ];
  const [derived] = derivedOf([a]);
  operatorContract('derive', {
    make: derive,
    input: { a, b, c },
    output: {
      a: { ...a, derived: derived! },
      b: { ...b, derived: derived! },
      c: { ...c, derived: derived! },
    },
  });
}

describe('derive', () => {
  it('passes other records on as they are', () => {
    const other = { kind: 'docker-event' };
    const emitted: unknown[] = [];
    from([other])
      .pipe(derive())
      .subscribe((record) => emitted.push(record));
    expect(emitted[0]).to.equal(other);
  });

  it('adds nothing else and changes nothing', () => {
    const record = recordsOf(V1)[1]!;
    of(record)
      .pipe(derive())
      .subscribe((emitted) => expect(emitted).to.deep.equal({ ...record, derived: emitted.derived }));
  });

  it('takes means between readings, by the times they carry', () => {
    const [first, second, third] = derivedOf([
      point({ at: 0, cpu: 1, rx: 1000, read: 0 }),
      point({ at: 2, cpu: 2, rx: 1500, read: 8192 }),
      point({ at: 12, cpu: 12, rx: 1500, read: 8192 }),
    ]);
    expect(ratesIn(first!)).to.deep.equal([]);
    expect(second).to.deep.include({
      cpuPercent: 50,
      networkRxBytesPerSecond: 250,
      networkTxBytesPerSecond: 0,
      blockReadBytesPerSecond: 4096,
      blockWriteBytesPerSecond: 0,
    });
    expect(third).to.deep.include({
      cpuPercent: 100,
      networkRxBytesPerSecond: 0,
      blockReadBytesPerSecond: 0,
    });
  });

  for (const fallen of [{ cpu: 1.9 }, { rx: 900 }, { tx: 90 }, { read: 10 }, { write: 5 }]) {
    it(`withholds every rate when a counter fell, for the container was restarted: ${JSON.stringify(fallen)}`, () => {
      const [, restarted, next] = derivedOf([
        point({ at: 0, cpu: 2, rx: 1000, tx: 100, read: 20, write: 6 }),
        point({ at: 1, cpu: 3, rx: 2000, tx: 200, read: 30, write: 7, ...fallen }),
        point({ at: 2, cpu: 4, rx: 3000, tx: 300, read: 40, write: 8 }),
      ]);
      expect(ratesIn(restarted!)).to.deep.equal([]);
      expect(restarted).to.include.keys('memoryBytes', 'memoryPercent', 'pids');
      expect(ratesIn(next!)).to.deep.equal(RATES);
    });
  }

  it('has no rate over no time, nor back in time', () => {
    const same = [
      point({ at: 1, cpu: 2 }),
      point({ at: 1, cpu: 2 }),
      point({ at: 0, cpu: 3 }),
      point({ at: 1, cpu: 4 }),
    ];
    expect(derivedOf(same).map(ratesIn)).to.deep.equal([[], [], [], ['cpuPercent']]);
  });

  it('has no rate of what is not counted, and counts from zero what starts to be', () => {
    const [, without, started, gone] = derivedOf([
      point({ at: 0, cpu: 1 }),
      point({ at: 1, cpu: 2 }),
      point({ at: 2, cpu: 3, read: 4096, rx: 70 }),
      point({ at: 3, cpu: 4 }),
    ]);
    expect(ratesIn(without!)).to.deep.equal(['cpuPercent']);
    expect(started).to.include({ blockReadBytesPerSecond: 4096, networkRxBytesPerSecond: 70 });
    expect(ratesIn(gone!)).to.deep.equal(['cpuPercent']);
  });

  it('keeps containers apart, also those of one id on two engines', () => {
    const derived = derivedOf([
      point({ at: 0, cpu: 1 }),
      point({ at: 0, cpu: 1, id: 'c2' }),
      point({ at: 0, cpu: 1, host: 'engine-2' }),
      point({ at: 1, cpu: 1.5 }),
      point({ at: 1, cpu: 1.25, id: 'c2' }),
      point({ at: 1, cpu: 1.125, host: 'engine-2' }),
    ]);
    expect(derived.map(({ cpuPercent }) => cpuPercent)).to.deep.equal([
      undefined,
      undefined,
      undefined,
      50,
      25,
      12.5,
    ]);
  });

  it('remembers no more containers than it may, and forgets the one not seen for longest', () => {
    const seen = (at: number, id: string): ContainerStats => point({ at, cpu: at, id });
    const records = [seen(0, 'a'), seen(0, 'b'), seen(1, 'a'), seen(1, 'c'), seen(2, 'a'), seen(2, 'b')];
    expect(derivedOf(records, { maxContainers: 2 }).map(({ cpuPercent }) => cpuPercent)).to.deep.equal([
      undefined,
      undefined,
      100,
      undefined,
      100,
      undefined,
    ]);
    expect(derivedOf(records).map(({ cpuPercent }) => cpuPercent)).to.deep.equal([
      undefined,
      undefined,
      100,
      undefined,
      100,
      100,
    ]);
  });

  it(
    'remembers nothing from one subscription to the next',
    marbles(({ cold, expectObservable }) => {
      const values = { a: point({ at: 0, cpu: 1 }), b: point({ at: 1, cpu: 2 }) };
      const [first, second] = derivedOf([values.a, values.b]);
      const expected = { a: { ...values.a, derived: first }, b: { ...values.b, derived: second } };
      const source: Observable<ContainerStats> = cold('ab|', values);
      const derived = source.pipe(derive());
      expectObservable(derived).toBe('ab|', expected);
      expectObservable(derived, '----^').toBe('----ab|', expected);
    }),
  );

  it('refuses options that cannot be', () => {
    expect(() => derive({ maxContainers: 0 })).to.throw(
      PipelineError,
      'derive: maxContainers must be a whole number above 0, not 0',
    );
    expect(() => derive({ maxContainer: 5 } as never)).to.throw(
      PipelineError,
      'derive: there is no option "maxContainer"; it has maxContainers',
    );
  });

  it('is never negative, infinite or not a number, whatever the engine counts', () => {
    const amount = fc.oneof(fc.nat(), fc.double({ min: 0, max: Number.MAX_SAFE_INTEGER, noNaN: true }));
    const points = fc.record(
      {
        at: fc.integer({ min: 0, max: 20 }),
        cpu: amount,
        rx: amount,
        read: amount,
        id: fc.constantFrom('a', 'b'),
      },
      { requiredKeys: ['at', 'cpu', 'id'] },
    );
    fc.assert(
      fc.property(fc.array(points, { maxLength: 12 }), (course) => {
        for (const derived of derivedOf(course.map(point))) {
          for (const value of Object.values(derived))
            expect(value).to.satisfy((v: number) => v >= 0 && v < Infinity);
        }
      }),
    );
  });
});

describe('derive, on recorded engines', () => {
  interface Expected {
    readonly valid: boolean;
    readonly hasPre: boolean;
    readonly wallCpuPct?: number;
    readonly dockerCliMemBytes: number;
    readonly memLimit: number;
  }

  const expectedByFile = JSON.parse(
    readFileSync(
      new URL('../fixtures/docker/expected-derived.docker-20.10-cgroupv1.json', import.meta.url),
      'utf8',
    ),
  ) as Record<string, readonly Expected[]>;

  for (const [file, expected] of Object.entries(expectedByFile)) {
    it(`says what was worked out of the same lines by another program: ${file}`, () => {
      expect(rawAnswers(`docker/${file}`)).to.have.lengthOf(expected.length);
      const rows = expected.filter(({ valid }) => valid);
      const derived = derivedOf(recordsOf(`docker/${file}`));
      expect(derived).to.have.lengthOf(rows.length);
      for (const [line, row] of rows.entries()) {
        const { cpuPercent, memoryBytes, memoryPercent } = derived[line]!;
        expect(memoryBytes).to.equal(row.dockerCliMemBytes);
        expect(memoryPercent).to.equal((row.dockerCliMemBytes / row.memLimit) * 100);
        // A negative figure there is a restart nobody noticed.
        const known = row.hasPre && row.wallCpuPct! >= 0;
        if (known) expect(cpuPercent).to.be.closeTo(row.wallCpuPct!, 0.000_501);
        else expect(cpuPercent).to.equal(undefined);
      }
    });
  }

  for (const path of statsCaptures()) {
    const readings = rawReadings(path);
    if (readings.length < 3 || path.includes('stats-cli')) continue;
    it(`takes its rates of two neighbouring lines: ${path}`, () => {
      const derived = derivedOf(recordsOf(path));
      for (let line = 1; line < readings.length; line += 1) {
        const [before, now] = [readings[line - 1]!, readings[line]!];
        const seconds = nanosBetween(before.read, now.read) / 1e9;
        const used = now.cpu_stats.cpu_usage.total_usage - before.cpu_stats.cpu_usage.total_usage;
        const received = sumOf(now, 'rx_bytes') - sumOf(before, 'rx_bytes');
        if (used < 0 || received < 0) {
          expect(path).to.include('restart');
          expect(ratesIn(derived[line]!)).to.deep.equal([]);
          continue;
        }
        expect(derived[line]!.cpuPercent).to.be.closeTo(used / 1e7 / seconds, 1e-6);
        expect(derived[line]!.networkRxBytesPerSecond ?? 0).to.be.closeTo(received / seconds, 1e-3);
      }
    });
  }

  for (const engine of ['docker-26.1-cgroupv2', 'docker-28.5-cgroupv2']) {
    for (const run of [1, 2]) {
      it(`has the CPU per cent \`docker stats\` printed, once the engine's clock is put to the wall's: ${engine}, ${run}`, () => {
        const printed = capturedLines(`docker-cgroupv2/docker-stats-cli-${run}.${engine}.ndjson`).map(
          (line) => JSON.parse(line) as { readonly ID: string; readonly CPUPerc: string },
        );
        const path = `docker-cgroupv2/stats-cli-${run}.${engine}.ndjson`;
        const derived = derivedOf(recordsOf(path));
        for (const [line, raw] of rawReadings(path).entries()) {
          const system = raw.cpu_stats.system_cpu_usage! - raw.precpu_stats.system_cpu_usage!;
          const drift = nanosBetween(raw.preread, raw.read) / (system / raw.cpu_stats.online_cpus!);
          const row = printed.find(({ ID }) => ID === raw.id);
          expect(row?.CPUPerc).to.equal(`${(derived[line]!.cpuPercent! * drift).toFixed(2)}%`);
        }
      });
    }
  }

  it('is right on podman, where the CLI would say 186 %: one busy loop on two CPUs', () => {
    const derived = derivedOf(recordsOf('docker-cgroupv2/stats-plain-busy.podman-5.8-cgroupv2.ndjson'));
    expect(derived[0]).not.to.have.any.keys(...RATES);
    for (const { cpuPercent } of derived.slice(1)) expect(cpuPercent).to.be.within(50, 101);
  });

  it('works with polled readings, which have none before them', () => {
    const [first, second] = rawReadings(V1).map((raw) =>
      recordOf({ ...raw, preread: '0001-01-01T00:00:00Z', precpu_stats: { ...raw.precpu_stats } }),
    );
    const [, { cpuPercent } = {}] = derivedOf([first!, second!]);
    const [, expected] = derivedOf(recordsOf(V1));
    expect(cpuPercent).to.equal(expected!.cpuPercent).and.above(0);
  });

  it("uses Docker's own reading before when it saw none itself, but not podman's, which is of the same moment", () => {
    const docker = recordsOf('docker-cgroupv2/stats-running-nostream.docker-28.5-cgroupv2.ndjson');
    expect(derivedOf(docker)[0]).to.have.property('cpuPercent').above(0);
    expect(derivedOf(docker.map((record) => ({ ...record, engine: 'podman' })))[0]).not.to.have.property(
      'cpuPercent',
    );
  });

  it('counts hundreds of nanoseconds on Windows', () => {
    const [derived] = derivedOf([recordOf(windowsStats())]);
    expect(derived).to.deep.equal({ cpuPercent: 50, memoryBytes: 59_961_344 });
  });
});

const sumOf = (raw: RawStats, field: string): number =>
  Object.values(raw.networks ?? {}).reduce((sum, network) => sum + (network[field] as number), 0);
