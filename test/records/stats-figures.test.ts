import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { parseStatsBody } from '../../src/records/stats-body.ts';
import {
  blockBytes,
  cpuNanoseconds,
  isLimit,
  memoryBytes,
  memoryPercent,
  networkBytes,
  pidsLimit,
} from '../../src/records/stats-figures.ts';
import { capturedLines, rawAnswers, rawReadings, windowsStats, type RawStats } from '../captures.ts';
import { binaryBytes, decimalBytes } from './docker-units.ts';

/** Worked out by a script of its own from the same lines, with the formulas of the docker CLI. */
interface Expected {
  readonly valid: boolean;
  readonly dockerCliMemBytes: number;
  readonly memLimit: number;
  readonly netRx: number;
  readonly netTx: number;
  readonly networksPresent: boolean;
  readonly blkRead: number;
  readonly blkWrite: number;
  readonly pidsLimit: number | null;
}

const expectedByFile = JSON.parse(
  readFileSync(
    new URL('../fixtures/docker/expected-derived.docker-20.10-cgroupv1.json', import.meta.url),
    'utf8',
  ),
) as Record<string, readonly Expected[]>;

describe('the figures of a reading', () => {
  for (const [file, expected] of Object.entries(expectedByFile)) {
    it(`are those of the docker CLI's formulas: ${file}`, () => {
      const answers = rawAnswers(`docker/${file}`);
      expect(answers).to.have.lengthOf(expected.length);
      for (const [line, row] of expected.entries()) {
        const body = parseStatsBody(answers[line]);
        if (!row.valid) {
          expect(memoryBytes(body)).to.equal(undefined);
          continue;
        }
        expect(memoryBytes(body)).to.equal(row.dockerCliMemBytes);
        expect(memoryPercent(body)).to.equal((row.dockerCliMemBytes / row.memLimit) * 100);
        expect(networkBytes(body, 'rx_bytes')).to.equal(row.networksPresent ? row.netRx : undefined);
        expect(networkBytes(body, 'tx_bytes')).to.equal(row.networksPresent ? row.netTx : undefined);
        expect(blockBytes(body, 'read') ?? 0).to.equal(row.blkRead);
        expect(blockBytes(body, 'write') ?? 0).to.equal(row.blkWrite);
        expect(pidsLimit(body) ?? null).to.equal(row.pidsLimit);
      }
    });
  }

  for (const engine of ['docker-26.1-cgroupv2', 'docker-28.5-cgroupv2']) {
    it(`are what \`docker stats\` printed of the same answers: ${engine}`, () => {
      const printed = [1, 2].map((run) =>
        printedBy(`docker-cgroupv2/docker-stats-cli-${run}.${engine}.ndjson`),
      );
      const answered = [1, 2].map((run) => rawReadings(`docker-cgroupv2/stats-cli-${run}.${engine}.ndjson`));
      for (const [run, readings] of answered.entries()) {
        expect(readings).to.have.lengthOf(7);
        for (const raw of readings) expect(asPrinted(raw)).to.deep.include(printed[run]!.get(raw.id)!);
      }
    });
  }

  it('take tmpfs for memory', () => {
    const [raw] = rawReadings('docker/stats-tmpfs.otel-testdata-cgroupv2.ndjson');
    expect(memoryBytes(parseStatsBody(raw))).to.equal(234_647_552);
  });

  it('take off no cache that is as large as the usage', () => {
    const [raw] = rawReadings('docker/stats-tmpfs.otel-testdata-cgroupv2.ndjson');
    const all = {
      ...raw!,
      memory_stats: { usage: 100, limit: 1000, stats: { anon: 0, inactive_file: 100 } },
    };
    expect(memoryBytes(parseStatsBody(all))).to.equal(100);
    const version1 = { usage: 100, limit: 2 ** 63, stats: { total_inactive_file: 100, inactive_file: 60 } };
    expect(memoryBytes(parseStatsBody({ ...raw!, memory_stats: version1 }))).to.equal(40);
  });

  it('take the limit that is none for none', () => {
    const [raw] = rawReadings('docker/stats-tmpfs.otel-testdata-cgroupv2.ndjson');
    const unlimited = { ...raw!, memory_stats: { usage: 100, limit: 9_223_372_036_854_771_712 } };
    expect(memoryPercent(parseStatsBody(unlimited))).to.equal(undefined);
    const none = { ...raw!, memory_stats: { usage: 100, limit: 0 } };
    expect(memoryPercent(parseStatsBody(none))).to.equal(undefined);
  });

  it('leave out what podman 5.8 counts among the bytes of block devices', () => {
    const raw = rawReadings('docker-cgroupv2/stats-block-io.podman-5.8-cgroupv2.ndjson')[1]!;
    const ops = raw.blkio_stats['io_service_bytes_recursive']!.map(({ op }) => op);
    expect(ops).to.include.members(['rios', 'wios', 'dbytes', 'dios']);
    expect(blockBytes(parseStatsBody(raw), 'read')).to.equal(12_582_912);
    expect(blockBytes(parseStatsBody(raw), 'write')).to.equal(12_582_912);
  });

  it('sum over devices', () => {
    const raw = rawReadings('docker-cgroupv2/stats-block-io-two-devices.docker-28.5-cgroupv2.ndjson')[1]!;
    expect(blockBytes(parseStatsBody(raw), 'read')).to.equal(2 * 3_145_728);
  });

  it('sum over interfaces, and take the sum of API 1.20 as it is', () => {
    const raw = rawReadings('docker-cgroupv2/stats-net-traffic.docker-26.1-cgroupv2.ndjson')[0]!;
    expect(networkBytes(parseStatsBody(raw), 'rx_bytes')).to.equal(736 + 6_316_890);
    const old = rawReadings('mesoscloud/docker-stats-api1.20.h1-pre.ndjson')[0]!;
    expect(networkBytes(parseStatsBody(old), 'rx_bytes')).to.equal(old.network!['rx_bytes']);
  });

  it('are undefined where nothing is counted', () => {
    const raw = rawReadings('docker-cgroupv2/stats-none-net.docker-28.5-cgroupv2.ndjson')[0]!;
    const body = parseStatsBody({ ...raw, memory_stats: {} });
    expect(networkBytes(body, 'tx_bytes')).to.equal(undefined);
    expect(networkBytes({ ...body, networks: {} }, 'tx_bytes')).to.equal(undefined);
    expect(blockBytes(body, 'write')).to.equal(undefined);
    expect(memoryBytes(body)).to.equal(undefined);
    expect(memoryPercent(body)).to.equal(undefined);
  });

  it('know Windows: working set, storage bytes, CPU in hundreds of nanoseconds', () => {
    const body = parseStatsBody(windowsStats());
    expect(memoryBytes(body)).to.equal(59_961_344);
    expect(memoryPercent(body)).to.equal(undefined);
    expect(blockBytes(body, 'read')).to.equal(40_960);
    expect(blockBytes(body, 'write')).to.equal(12_288);
    expect(cpuNanoseconds(body, body.cpu_stats)).to.equal(3_500_000_000);
  });

  it('know no limit where the kernel writes its highest number', () => {
    const path = 'docker-cgroupv2/stats-pids-unlimited.docker-28.5-cgroupv2-cgroupfs.ndjson';
    expect(capturedLines(path)[0]).to.include('"limit":18446744073709551615');
    expect(pidsLimit(parseStatsBody(rawReadings(path)[0]))).to.equal(undefined);
    const limited = 'docker-cgroupv2/stats-pids-limit.docker-28.5-cgroupv2.ndjson';
    expect(pidsLimit(parseStatsBody(rawReadings(limited)[0]))).to.equal(32);
    expect([2 ** 62, 9_223_372_036_854_771_712, 2 ** 63, 2 ** 64].map(isLimit)).to.not.include(true);
    expect([1, 2 ** 53, 2 ** 61].map(isLimit)).to.not.include(false);
  });
});

/** One container's line of `docker stats`, without the CPU per cent: that is of the engine's clock, ours of the wall's. */
interface Printed {
  readonly ID: string;
  readonly MemUsage: string;
  readonly MemPerc: string;
  readonly NetIO: string;
  readonly BlockIO: string;
  readonly PIDs: string;
}

function printedBy(path: string): ReadonlyMap<string | undefined, Printed> {
  const rows = capturedLines(path).map((line) => JSON.parse(line) as Printed);
  return new Map(
    rows.map(({ ID, MemUsage, MemPerc, NetIO, BlockIO, PIDs }) => [
      ID,
      { ID, MemUsage, MemPerc, NetIO, BlockIO, PIDs },
    ]),
  );
}

function asPrinted(raw: RawStats): Printed {
  const body = parseStatsBody(raw);
  const pair = (print: (bytes: number) => string, one = 0, other = 0): string =>
    `${print(one)} / ${print(other)}`;
  return {
    ID: body.id!,
    MemUsage: pair(binaryBytes, memoryBytes(body), body.memory_stats.limit),
    MemPerc: `${memoryPercent(body)!.toFixed(2)}%`,
    NetIO: pair(decimalBytes, networkBytes(body, 'rx_bytes'), networkBytes(body, 'tx_bytes')),
    BlockIO: pair(decimalBytes, blockBytes(body, 'read'), blockBytes(body, 'write')),
    PIDs: String(body.pids_stats.current),
  };
}
