import type { LoadProfile } from './types.ts';

/** A kind of service, as compose files have them. Bytes, cores. */
export interface Service {
  readonly name: string;
  readonly image: string;
  readonly command: readonly string[];
  readonly load: LoadProfile;
  readonly memoryLimitBytes: number;
  readonly cpus: number;
  readonly pidsLimit: number;
  readonly healthCommand: string;
  /** '' = no volume */
  readonly data: string;
  readonly network: 'project' | 'host' | 'none' | 'two';
}

const KiB = 1024;
const MiB = 1024 * KiB;

type Load = readonly [
  cpu: number,
  anon: number,
  cache: number,
  rx: number,
  tx: number,
  read: number,
  write: number,
];

const load = ([cpu, anon, cache, rx, tx, read, write]: Load, pids: number): LoadProfile => ({
  cpu,
  anonBytes: anon * MiB,
  cacheBytes: cache * MiB,
  rxBytesPerSecond: rx * KiB,
  txBytesPerSecond: tx * KiB,
  readBytesPerSecond: read * KiB,
  writeBytesPerSecond: write * KiB,
  pids,
});

const plain = {
  memoryLimitBytes: 0,
  cpus: 0,
  pidsLimit: 0,
  healthCommand: '',
  data: '',
  network: 'project',
} as const;

/** The services of one project, in the order they start. */
export const services: readonly Service[] = [
  {
    ...plain,
    name: 'db',
    image: 'postgres:16.4-alpine',
    command: ['docker-entrypoint.sh', 'postgres'],
    load: load([0.12, 180, 900, 90, 260, 600, 1400], 14),
    memoryLimitBytes: 2048 * MiB,
    healthCommand: 'pg_isready -U app -d app',
    data: '/var/lib/postgresql/data',
  },
  {
    ...plain,
    name: 'cache',
    image: 'redis:7.4-alpine',
    command: ['docker-entrypoint.sh', 'redis-server', '--save', '60', '1'],
    load: load([0.03, 48, 12, 70, 110, 0, 40], 5),
    memoryLimitBytes: 256 * MiB,
    healthCommand: 'redis-cli ping',
    data: '/data',
  },
  {
    ...plain,
    name: 'api',
    image: 'registry.example.com/shop/api:2.18.0',
    command: ['node', '--enable-source-maps', 'server.js'],
    load: load([0.35, 210, 60, 240, 380, 8, 24], 11),
    memoryLimitBytes: 512 * MiB,
    cpus: 1,
    pidsLimit: 200,
    healthCommand: 'wget -qO- http://127.0.0.1:8080/health || exit 1',
  },
  {
    ...plain,
    name: 'web',
    image: 'nginx:1.27.2-alpine',
    command: ['/docker-entrypoint.sh', 'nginx', '-g', 'daemon off;'],
    load: load([0.06, 22, 40, 160, 900, 16, 30], 5),
    memoryLimitBytes: 128 * MiB,
    healthCommand: 'curl -fsS http://localhost/ > /dev/null && echo ok',
    network: 'two',
  },
  {
    ...plain,
    name: 'worker',
    image: 'registry.example.com/shop/worker:2.18.0',
    command: ['python', '-m', 'worker', '--queue=default,mail'],
    load: load([0.6, 320, 30, 60, 45, 4, 90], 9),
    memoryLimitBytes: 768 * MiB,
    cpus: 0.5,
    pidsLimit: 100,
  },
  {
    ...plain,
    name: 'exporter',
    image: 'prom/node-exporter:v1.8.2',
    command: ['/bin/node_exporter', '--path.rootfs=/host'],
    load: load([0.01, 18, 6, 1, 12, 0, 0], 6),
    network: 'host',
  },
  {
    ...plain,
    name: 'batch',
    image: 'alpine:3.20',
    command: ['sh', '-c', 'while :; do /usr/local/bin/report > /out/report.csv; sleep 60; done'],
    load: load([0.2, 64, 200, 0, 0, 900, 700], 2),
    network: 'none',
  },
];

/** Names of projects, used in this order. */
export const projects: readonly string[] = [
  'shop',
  'blog',
  'billing',
  'search',
  'media',
  'crm',
  'wiki',
  'mail',
];
