import { expect } from 'chai';
import { of } from 'rxjs';
import { flattenStats, type FlatStats } from '../../src/operators/flatten-stats.ts';
import type { ContainerStats } from '../../src/records/container-stats.ts';
import type { Derived } from '../../src/records/derived-stats.ts';
import { capturedLines, rawReadings, recordOf, statsCaptures, windowsStats } from '../captures.ts';
import { operatorContract } from '../contracts/operator-contract.ts';
import { ENGINES, goldenPath, goldenReadings } from './flatten-stats/golden.ts';
import { reference } from './flatten-stats/reference.ts';

const V1 = 'docker/stats-block-io.docker-20.10-cgroupv1.ndjson';
const V2 = 'docker-cgroupv2/stats-mem-limit.docker-28.5-cgroupv2.ndjson';
const TWO_NETWORKS = 'docker-cgroupv2/stats-net-traffic.docker-26.1-cgroupv2.ndjson';

function flat(record: ContainerStats & { readonly derived?: Derived }): FlatStats {
  const emitted: FlatStats[] = [];
  of(record)
    .pipe(flattenStats())
    .subscribe((fields) => emitted.push(fields));
  expect(emitted).to.have.lengthOf(1);
  return emitted[0]!;
}

const raw = (path: string, line = 1): ReturnType<typeof rawReadings>[number] => rawReadings(path)[line]!;

operatorContract('flattenStats', {
  make: flattenStats,
  input: { a: recordOf(raw(V1)), b: recordOf(raw(V2)), c: recordOf(raw(TWO_NETWORKS)) },
  output: { a: reference(raw(V1)), b: reference(raw(V2)), c: reference(raw(TWO_NETWORKS)) } as never,
});

describe('flattenStats', () => {
  for (const path of statsCaptures()) {
    const readings = rawReadings(path);
    if (readings.length === 0) continue;
    it(`says what a second, plain computation says of ${path}`, () => {
      for (const reading of readings) expect(flat(recordOf(reading))).to.deep.equal(reference(reading));
    });
  }

  for (const engine of ENGINES) {
    it(`equals the golden file of ${engine}`, () => {
      const golden = capturedLines(goldenPath(engine)).map((line) => JSON.parse(line) as unknown);
      expect(golden).to.have.length.above(0);
      expect(goldenReadings(engine).map((reading) => flat(recordOf(reading)))).to.deep.equal(golden);
    });
  }

  it('has the keys of the ancestor in its order, whatever stands between them', () => {
    const keys = Object.keys(flat(recordOf(raw(V1))));
    const groups = keys.map(
      (key) => /^(@timestamp|container$|container_id|image$|image_id|[a-z]+_)/.exec(key)?.[1],
    );
    const order = [
      '@timestamp',
      'container',
      'container_id',
      'image',
      'image_id',
      'blkio_',
      'cpu_',
      'memory_',
      'network_',
    ];
    expect([...new Set(groups)].filter((group) => order.includes(group ?? ''))).to.deep.equal(order);
    const memory = keys.filter((key) => key.startsWith('memory_')).slice(0, 6);
    expect(memory.map((key) => key.slice('memory_'.length))).to.deep.equal([
      'limit',
      'usage',
      'active_anon',
      'active_file',
      'cache',
      'inactive_anon',
    ]);
  });

  it('sums over block devices and networks, and gives each network too where there are several', () => {
    const devices = 'docker-cgroupv2/stats-block-io-two-devices.docker-28.5-cgroupv2.ndjson';
    expect(flat(recordOf(raw(devices))).blkio_io_service_bytes_recursive_write).to.equal(2 * 3_145_728);
    expect(flat(recordOf(raw(TWO_NETWORKS, 0)))).to.include({
      network_rx_bytes: 6_317_626,
      network_eth0_rx_bytes: 736,
      network_eth1_rx_bytes: 6_316_890,
    });
    expect(flat(recordOf(raw(V2)))).not.to.have.any.keys('network_eth0_rx_bytes');
  });

  it('has no field for what the engine does not say, least of all an undefined or a zero', () => {
    const podman = flat(recordOf(raw('docker-cgroupv2/stats-none-net.podman-5.8-cgroupv2.ndjson')));
    expect(
      Object.keys(podman).filter((key) => /^(network|blkio)_|cache|pids_limit|percpu/.test(key)),
    ).to.deep.equal([]);
    for (const path of statsCaptures()) {
      for (const reading of rawReadings(path))
        expect(Object.values(flat(recordOf(reading)))).not.to.include(undefined);
    }
  });

  it('has no pids_limit where there is no limit', () => {
    const path = 'docker-cgroupv2/stats-pids-unlimited.docker-28.5-cgroupv2-cgroupfs.ndjson';
    expect(capturedLines(path)[1]).to.include('"limit":18446744073709551615');
    const fields = flat(recordOf(raw(path)));
    expect(fields).to.include({ pids_current: 2 });
    expect(fields).not.to.have.any.keys('pids_limit');
  });

  it('prefers the total over sub-cgroups, also where there is nothing but it', () => {
    const reading = raw(V1);
    const totals = { cache: 1, total_cache: 2, rss: 3, total_swap: 4, dirty: 5, total_dirty: 6 };
    const fields = flat(recordOf({ ...reading, memory_stats: { usage: 9, stats: totals } }));
    expect(fields).to.include({ memory_cache: 2, memory_rss: 3, memory_swap: 4, memory_dirty: 6 });
  });

  it('knows Windows, and leaves its endpoint ids out', () => {
    const fields = flat(recordOf(windowsStats()));
    expect(fields).to.deep.equal(reference(windowsStats()));
    expect(fields).to.include({
      memory_privateworkingset: 59_961_344,
      storage_write_size_bytes: 12_288,
      cpu_total_usage: 35_000_000,
      network_rx_bytes: 3_260,
    });
    expect(JSON.stringify(fields)).not.to.include('endpoint');
  });

  it('passes on counters it has no name for', () => {
    const reading = raw(TWO_NETWORKS);
    const fields = flat(
      recordOf({
        ...reading,
        memory_stats: { stats: { ...reading.memory_stats.stats, zswap: 7, total_shiny: 9, shiny: 8 } },
        blkio_stats: {
          io_service_bytes_recursive: [{ major: 1, minor: 0, op: 'Trim', value: 5 }],
          io_serviced_recursive: [{ major: 1, minor: 0, op: 'Trim', value: 6 }],
          sectors_recursive: [{ major: 1, minor: 0, op: '', value: 4 }],
        },
        networks: { eth0: { rx_odd: 1 }, eth1: { rx_odd: 2 }, wg0: { rx_odd: 3, rx_bytes: 10 } },
      }),
    );
    expect(fields).to.include({
      memory_zswap: 7,
      memory_shiny: 9,
      blkio_io_service_bytes_recursive_trim: 5,
      blkio_io_serviced_recursive_trim: 6,
      blkio_sectors_recursive_: 4,
      network_rx_odd: 6,
      network_eth0_rx_odd: 1,
      network_eth1_rx_odd: 2,
      network_wg0_rx_odd: 3,
      network_rx_bytes: 10,
      network_wg0_rx_bytes: 10,
    });
  });

  it('takes any number of CPUs', () => {
    const reading = raw(V1);
    const percpu_usage = Array.from({ length: 9 }, (_, cpu) => cpu * 10);
    const { cpu_stats } = reading;
    const many = {
      ...reading,
      cpu_stats: { ...cpu_stats, cpu_usage: { ...cpu_stats.cpu_usage, percpu_usage } },
    };
    expect(flat(recordOf(many)))
      .to.deep.equal(reference(many))
      .and.include({ cpu_percpu_usage8: 80 });
  });

  it('says where a record comes from, and the labels let through under their own names', () => {
    const record = recordOf(raw(V2));
    const labels = { 'com.docker.compose.service': 'web', 'com.docker.compose.project': 'shop' };
    const fields = flat({
      ...record,
      host: 'edge',
      simulated: true,
      container: { ...record.container, labels },
    });
    expect(fields).to.include({
      host: 'edge',
      simulated: true,
      'label_com.docker.compose.service': 'web',
      'label_com.docker.compose.project': 'shop',
    });
    expect(flat(record)).not.to.have.any.keys('simulated');
  });

  it('writes what was derived, and nothing of what was not', () => {
    const derived = {
      cpuPercent: 12.5,
      memoryBytes: 1,
      memoryPercent: 2,
      networkRxBytesPerSecond: 3,
      networkTxBytesPerSecond: 4,
      blockReadBytesPerSecond: 5,
      blockWriteBytesPerSecond: 6,
      pids: 2,
    };
    const plain = reference(raw(V2));
    expect(flat({ ...recordOf(raw(V2)), derived })).to.deep.equal({
      ...plain,
      cpu_percent: 12.5,
      memory_working_set: 1,
      memory_percent: 2,
      network_rx_bytes_per_second: 3,
      network_tx_bytes_per_second: 4,
      blkio_read_bytes_per_second: 5,
      blkio_write_bytes_per_second: 6,
    });
    expect(flat({ ...recordOf(raw(V2)), derived: {} })).to.deep.equal(plain);
  });
});
