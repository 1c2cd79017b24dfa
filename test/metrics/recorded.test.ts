import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import type { ContainerStats } from '../../src/records/container-stats.ts';
import { rawReadings, recordOf, recordsOf, statsCaptures, type RawStats } from '../captures.ts';
import { facts, idOf, show, type Shown } from './shown.ts';

/** A recorded reading under the name that the facts have. */
const named = (record: ContainerStats): ContainerStats => ({
  ...record,
  container: { ...record.container, id: idOf(1), name: 'web' },
});

function showing(raw: RawStats, options?: Parameters<typeof show>[0]): Shown {
  const shown = show(options);
  const engine = recordOf(raw).engine;
  shown.take(facts({ engine }), named(recordOf(raw)));
  return shown;
}

const last = (path: string): RawStats => rawReadings(path).at(-1)!;
const one = (value: number | undefined): Record<string, number> => (value === undefined ? {} : { '': value });

describe('metrics of recorded readings under the names of cAdvisor', () => {
  it('are those of cgroup v1', () => {
    const raw = last('docker/stats-mem-limit.docker-20.10-cgroupv1.ndjson');
    const { of } = showing(raw);
    const { cpu_usage: cpu } = raw.cpu_stats;
    const { usage, max_usage: max, stats = {} } = raw.memory_stats;
    const expected: Readonly<Record<string, Readonly<Record<string, number>>>> = {
      container_cpu_usage_seconds_total: {
        'cpu="cpu00"': cpu.percpu_usage![0]! / 1e9,
        'cpu="cpu01"': cpu.percpu_usage![1]! / 1e9,
      },
      container_cpu_user_seconds_total: one(cpu.usage_in_usermode / 1e9),
      container_cpu_system_seconds_total: one(cpu.usage_in_kernelmode / 1e9),
      container_memory_usage_bytes: one(usage),
      container_memory_max_usage_bytes: one(max),
      container_memory_failcnt: one(0),
      container_memory_working_set_bytes: one(usage! - stats['total_inactive_file']!),
      container_memory_rss: one(stats['total_rss']),
      container_memory_cache: one(stats['total_cache']),
      container_memory_mapped_file: one(stats['total_mapped_file']),
      container_memory_total_active_file_bytes: one(stats['total_active_file']),
      container_memory_total_inactive_file_bytes: one(stats['total_inactive_file']),
      container_memory_file_dirty_bytes: one(stats['total_dirty']),
      container_memory_file_writeback_bytes: one(stats['total_writeback']),
      container_memory_pgscan_total: {},
      container_memory_pgsteal_total: {},
      container_memory_failures_total: {
        'failure_type="pgfault",scope="container"': stats['pgfault']!,
        'failure_type="pgfault",scope="hierarchy"': stats['total_pgfault']!,
        'failure_type="pgmajfault",scope="container"': stats['pgmajfault']!,
        'failure_type="pgmajfault",scope="hierarchy"': stats['total_pgmajfault']!,
      },
      container_threads: one(raw.pids_stats.current),
      container_threads_max: one(0),
    };
    for (const [name, values] of Object.entries(expected)) expect(of(name), name).to.deep.equal(values);
    for (const [direction, short] of [
      ['receive', 'rx'],
      ['transmit', 'tx'],
    ] as const)
      for (const [what, field] of [
        ['bytes', 'bytes'],
        ['packets', 'packets'],
        ['packets_dropped', 'dropped'],
        ['errors', 'errors'],
      ] as const)
        expect(of(`container_network_${direction}_${what}_total`)).to.deep.equal({
          'interface="eth0"': raw.networks!['eth0']![`${short}_${field}`],
        });
  });

  it('are those of cgroup v2', () => {
    const raw = last('docker-cgroupv2/stats-mem-limit.docker-28.5-cgroupv2.ndjson');
    const { of } = showing(raw);
    const { usage, stats = {} } = raw.memory_stats;
    const expected: Readonly<Record<string, Readonly<Record<string, number>>>> = {
      container_cpu_usage_seconds_total: { 'cpu="total"': raw.cpu_stats.cpu_usage.total_usage / 1e9 },
      container_memory_usage_bytes: one(usage),
      container_memory_max_usage_bytes: {},
      container_memory_failcnt: {},
      container_memory_working_set_bytes: one(usage! - stats['inactive_file']!),
      container_memory_rss: one(stats['anon']),
      container_memory_cache: one(stats['file']),
      container_memory_mapped_file: one(stats['file_mapped']),
      container_memory_file_dirty_bytes: one(stats['file_dirty']),
      container_memory_file_writeback_bytes: one(stats['file_writeback']),
      container_memory_pgscan_total: one(stats['pgscan']),
      container_memory_pgsteal_total: one(stats['pgsteal']),
      container_memory_failures_total: {
        'failure_type="pgfault",scope="container"': stats['pgfault']!,
        'failure_type="pgfault",scope="hierarchy"': stats['pgfault']!,
        'failure_type="pgmajfault",scope="container"': stats['pgmajfault']!,
        'failure_type="pgmajfault",scope="hierarchy"': stats['pgmajfault']!,
      },
      container_threads_max: one(raw.pids_stats.limit),
    };
    for (const [name, values] of Object.entries(expected)) expect(of(name), name).to.deep.equal(values);
  });

  it('are what the kernel had (cgroup v2)', () => {
    for (const [kind, line] of [
      ['docker-28.5-cgroupv2', 5],
      ['docker-28.5-cgroupv2-cgroupfs', 4],
    ] as const) {
      const file = new URL(`../fixtures/docker-cgroupv2/cgroup-mem-limit.${kind}.txt`, import.meta.url);
      const kernel = readFileSync(file, 'utf8');
      const raw = rawReadings(`docker-cgroupv2/stats-mem-limit.${kind}.ndjson`)[line - 1]!;
      const { of } = showing(raw);
      const has = (name: string): number => Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(kernel)![1]);
      const current = Number(/== memory.current ==\n(\d+)/.exec(kernel)![1]);
      // The kernel was asked a tenth of a second later: the container had gone on.
      expect(of('container_memory_usage_bytes')['']).to.be.closeTo(current, current * 0.05);
      expect(of('container_memory_cache')['']).to.be.closeTo(has('file'), has('file') * 0.01);
      expect(of('container_memory_rss')['']).to.be.closeTo(has('anon'), 16_384);
      expect(of('container_memory_working_set_bytes')['']).to.be.closeTo(
        current - has('inactive_file'),
        current * 0.05,
      );
      expect(of('container_cpu_usage_seconds_total')['cpu="total"']).to.be.closeTo(
        has('usage_usec') / 1e6,
        0.15,
      );
      expect(of('container_memory_failures_total')['failure_type="pgfault",scope="container"']).to.be.closeTo(
        has('pgfault'),
        has('pgfault') * 0.1,
      );
    }
  });

  it('are those of block devices, by number', () => {
    const raw = last('docker-cgroupv2/stats-block-io-two-devices.docker-28.5-cgroupv2.ndjson');
    const { of } = showing(raw);
    const entries = raw.blkio_stats['io_service_bytes_recursive']!;
    expect(entries.length).to.be.above(2);
    for (const [op, metric] of [
      ['read', 'container_fs_reads_bytes_total'],
      ['write', 'container_fs_writes_bytes_total'],
    ] as const)
      expect(of(metric)).to.deep.equal(
        Object.fromEntries(
          entries
            .filter((entry) => entry.op === op)
            .map(({ major, minor, value }) => [`device="${major}:${minor}"`, value]),
        ),
      );
    const usage = of('container_blkio_device_usage_total');
    for (const { major, minor, op, value } of entries)
      expect(
        usage[
          `device="${major}:${minor}",major="${major}",minor="${minor}",operation="${op === 'read' ? 'Read' : 'Write'}"`
        ],
      ).to.equal(value);
  });

  it('count reads and writes where cgroup v1 does', () => {
    const raw = last('docker/stats-block-io.docker-20.10-cgroupv1.ndjson');
    const { of } = showing(raw);
    const written = raw.blkio_stats['io_serviced_recursive']!.find(({ op }) => op === 'Write')!;
    expect(of('container_fs_writes_total')).to.deep.equal({
      [`device="${written.major}:${written.minor}"`]: written.value,
    });
    const operations = Object.keys(of('container_blkio_device_usage_total')).map(
      (labels) => /operation="(\w+)"/.exec(labels)![1],
    );
    expect(operations).to.include.members(['Read', 'Write', 'Sync', 'Async', 'Total']);
  });

  it("put right Podman's CPU time in the kernel, which is in microseconds", () => {
    const raw = last('docker-cgroupv2/stats-plain-busy.podman-5.8-cgroupv2.ndjson');
    const { of } = showing(raw);
    const { total_usage: total, usage_in_kernelmode: kernel } = raw.cpu_stats.cpu_usage;
    expect(of('container_cpu_system_seconds_total')).to.deep.equal(one(kernel / 1e6));
    expect(of('container_cpu_user_seconds_total')['']).to.be.closeTo((total - kernel * 1_000) / 1e9, 1e-9);
  });

  for (const path of statsCaptures())
    it(`are numbers, and counters never fall (${path})`, () => {
      const shown = show();
      const all = recordsOf(path);
      const records = all.filter(({ container }) => container.id === all[0]!.container.id);
      const engine = records[0]?.engine ?? 'docker';
      let before = new Map<string, number>();
      let totalBefore = 0;
      for (const record of records) {
        const total = record.stats.cpu_stats.cpu_usage.total_usage;
        const isRestart = total < totalBefore;
        totalBefore = total;
        shown.take(facts({ engine }), named(record));
        const now = shown.all();
        for (const [series, value] of now) {
          expect(value, series).to.be.a('number').and.satisfy(Number.isFinite);
          if (!series.startsWith('container_health_state')) expect(value, series).to.be.at.least(0);
          if (!/_total\{/.test(series) || (isRestart && !series.includes('id="/"'))) continue;
          expect(value, series).to.be.at.least(before.get(series) ?? 0);
        }
        before = new Map(now);
      }
      expect(before.size).to.be.above(records.length === 0 ? -1 : 10);
    });
});

describe('metrics of recorded readings under the names of OpenTelemetry', () => {
  const otel = { names: 'otel' } as const;

  it('are those of cgroup v2', () => {
    const raw = last('docker-cgroupv2/stats-mem-limit.docker-28.5-cgroupv2.ndjson');
    const shown = show(otel);
    const limits = { ...facts().limits, memory: 67_108_864 };
    shown.take(facts({ limits, startedAt: '2026-11-22T00:53:56Z' }), named(recordOf(raw)));
    const of = (name: string): Readonly<Record<string, number>> => shown.of(name, 'container_name="web"');
    const { cpu_usage: cpu } = raw.cpu_stats;
    const { usage, stats = {} } = raw.memory_stats;
    expect(of('container_cpu_time_seconds_total')).to.deep.equal({
      'cpu_mode="user"': cpu.usage_in_usermode / 1e9,
      'cpu_mode="system"': cpu.usage_in_kernelmode / 1e9,
    });
    expect(of('container_memory_usage_bytes')).to.deep.equal(one(usage));
    expect(of('container_memory_rss_bytes')).to.deep.equal(one(stats['anon']));
    const workingSet = usage! - stats['inactive_file']!;
    expect(of('container_memory_working_set_bytes')).to.deep.equal(one(workingSet));
    expect(of('container_memory_available_bytes')).to.deep.equal(one(67_108_864 - workingSet));
    expect(of('container_paging_faults_total')).to.deep.equal({
      'system_paging_fault_type="major"': stats['pgmajfault'],
      'system_paging_fault_type="minor"': stats['pgfault']! - stats['pgmajfault']!,
    });
    const { rx_bytes: received, tx_bytes: sent } = raw.networks!['eth0']!;
    expect(of('container_network_io_bytes_total')).to.deep.equal({
      'network_interface_name="eth0",network_io_direction="receive"': received,
      'network_interface_name="eth0",network_io_direction="transmit"': sent,
    });
    expect(of('container_uptime_seconds')['']).to.be.closeTo(
      (Date.parse(raw.read) - Date.parse('2026-11-22T00:53:56Z')) / 1e3,
      0.001,
    );
    expect(of('container_oom_events_total')).to.deep.equal(one(0));
    expect(shown.names()).to.not.include('container_last_seen');
  });

  it('are those of block devices', () => {
    const raw = last('docker-cgroupv2/stats-block-io.docker-28.5-cgroupv2.ndjson');
    const values = showing(raw, otel).of('container_disk_io_bytes_total', 'container_name="web"');
    const [entry] = raw.blkio_stats['io_service_bytes_recursive']!;
    expect(values).to.have.property(
      `disk_io_direction="${entry!.op}",system_device="${entry!.major}:${entry!.minor}"`,
      entry!.value,
    );
  });

  it('have no memory available without a limit, and no CPUs in use without rates', () => {
    const { names } = showing(last('docker-cgroupv2/stats-plain-busy.docker-28.5-cgroupv2.ndjson'), otel);
    expect(names()).to.not.include('container_memory_available_bytes').and.not.include('container_cpu_usage');
  });

  it('have the CPUs in use where rates were derived', () => {
    const shown = show(otel);
    const record = named(recordsOf('docker-cgroupv2/stats-plain-busy.docker-28.5-cgroupv2.ndjson')[0]!);
    shown.take(facts(), { ...record, derived: { cpuPercent: 150 } } as ContainerStats);
    expect(shown.of('container_cpu_usage', 'container_name="web"')).to.deep.equal(one(1.5));
  });

  const images: readonly (readonly [string, string])[] = [
    ['bb:1', 'container_image_name="bb",container_image_tags="[\\"1\\"]"'],
    ['busybox', 'container_image_name="busybox"'],
    ['registry:5000/team/web', 'container_image_name="registry:5000/team/web"'],
    ['registry:5000/web:1.2', 'container_image_name="registry:5000/web",container_image_tags="[\\"1.2\\"]"'],
    ['web:1@sha256:a34e', 'container_image_name="web",container_image_tags="[\\"1\\"]"'],
    ['web@sha256:a34e', 'container_image_name="web"'],
    ['sha256:a34e', 'container_image_name="sha256:a34e"'],
  ];
  for (const [image, labels] of images)
    it(`name the image of ${image}`, () => {
      const shown = show(otel);
      shown.take(facts({ container: { ...facts().container, image } }));
      expect([...shown.all().keys()]).to.deep.equal([
        `container_oom_events_total{container_id="${idOf(1)}",container_image_id="sha256:a34e",` +
          `${labels},container_name="web",container_runtime_name="docker"}`,
      ]);
    });
});
