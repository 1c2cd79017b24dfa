import { readdirSync, readFileSync } from 'node:fs';
import type { ContainerStats } from '../src/records/container-stats.ts';
import { parseStatsBody } from '../src/records/stats-body.ts';

const fixtures = new URL('./fixtures/', import.meta.url);

/** Answers as engines gave them, a line each. */
export function capturedLines(path: string): readonly string[] {
  return readFileSync(new URL(path, fixtures), 'utf8').split('\n').filter(Boolean);
}

/** Every recorded stats file: `docker/stats-mem-limit.docker-20.10-cgroupv1.ndjson` and so on. */
export function statsCaptures(): readonly string[] {
  return ['docker', 'docker-cgroupv2'].flatMap((folder) =>
    readdirSync(new URL(folder, fixtures))
      .filter((file) => /^stats-.*\.ndjson$/.test(file))
      .map((file) => `${folder}/${file}`),
  );
}

/** The engine's own words of a reading. */
export interface RawStats {
  read: string;
  preread: string;
  id?: string;
  Id?: string;
  name?: string;
  cpu_stats: RawCpu;
  precpu_stats: RawCpu;
  memory_stats: {
    usage?: number;
    limit?: number;
    max_usage?: number;
    failcnt?: number;
    stats?: Record<string, number>;
    commitbytes?: number;
    commitpeakbytes?: number;
    privateworkingset?: number;
  };
  networks?: Record<string, Record<string, number | string>>;
  network?: Record<string, number>;
  blkio_stats: Record<string, { major: number; minor: number; op: string; value: number }[] | null>;
  pids_stats: { current?: number; limit?: number };
  num_procs: number;
  storage_stats: Record<string, number>;
}

export interface RawCpu {
  cpu_usage: {
    total_usage: number;
    usage_in_kernelmode: number;
    usage_in_usermode: number;
    percpu_usage?: number[];
  };
  system_cpu_usage?: number;
  online_cpus?: number;
  cpu?: number;
  throttling_data: { periods: number; throttled_periods: number; throttled_time: number };
}

/** All answers of a capture: readings, and the empty samples of stopped containers. */
export function rawAnswers(path: string): readonly RawStats[] {
  return capturedLines(path)
    .map((line) => JSON.parse(line) as Partial<RawStats>)
    .filter((raw): raw is RawStats => raw.read !== undefined);
}

/** What engines answer where there is nothing to read. */
export function rawErrors(path: string): readonly { readonly message: string }[] {
  return capturedLines(path)
    .map((line) => JSON.parse(line) as { readonly message?: string })
    .filter((raw): raw is { readonly message: string } => raw.message !== undefined);
}

/** The readings of running containers in a capture. */
export function rawReadings(path: string): readonly RawStats[] {
  return rawAnswers(path).filter(({ read }) => !read.startsWith('0001-'));
}

/** The record a source would make of a reading. */
export function recordOf(raw: RawStats, more: Partial<ContainerStats> = {}): ContainerStats {
  const stats = parseStatsBody(raw);
  return {
    kind: 'container-stats',
    host: 'engine-1',
    engine: raw.cpu_stats.cpu === undefined ? 'docker' : 'podman',
    time: stats.read,
    container: {
      id: stats.id ?? '0'.repeat(64),
      name: stats.name?.replace(/^\//, '') ?? 'nameless',
      image: 'bb:1',
      imageId: 'sha256:a34e',
      labels: {},
    },
    stats,
    ...more,
  };
}

/** All readings of a capture as records, in order. */
export const recordsOf = (path: string): readonly ContainerStats[] =>
  rawReadings(path).map((raw) => recordOf(raw));

/** As Windows engines answer, by the source of hcsshim and the engine: none could be recorded. */
export function windowsStats(): RawStats {
  const throttling_data = { periods: 0, throttled_periods: 0, throttled_time: 0 };
  return {
    name: '/win',
    id: 'c0ffee',
    read: '2026-11-22T10:00:01.5Z',
    preread: '2026-11-22T10:00:00.5Z',
    pids_stats: {},
    blkio_stats: { io_service_bytes_recursive: null, io_serviced_recursive: null, sectors_recursive: null },
    num_procs: 4,
    storage_stats: {
      read_count_normalized: 10,
      read_size_bytes: 40_960,
      write_count_normalized: 3,
      write_size_bytes: 12_288,
    },
    cpu_stats: {
      cpu_usage: { total_usage: 35_000_000, usage_in_kernelmode: 15_000_000, usage_in_usermode: 20_000_000 },
      throttling_data,
    },
    precpu_stats: {
      cpu_usage: { total_usage: 30_000_000, usage_in_kernelmode: 13_000_000, usage_in_usermode: 17_000_000 },
      throttling_data,
    },
    memory_stats: { commitbytes: 77_160_448, commitpeakbytes: 105_000_960, privateworkingset: 59_961_344 },
    networks: {
      '5f0c': { rx_bytes: 3_260, rx_packets: 30, rx_dropped: 0, endpoint_id: '5f0c', instance_id: 'b3' },
    },
  };
}
