import type { ContainerStats } from '../../records/container-stats.ts';
import type { DerivedStats } from '../../records/derived-stats.ts';
import { containerLabels } from './container-labels.ts';
import {
  blockEntries,
  cpuSecondsByMode,
  deviceOf,
  isOp,
  memoryUsage,
  ofMemory,
  residentMemory,
  secondsOf,
  workingSet,
} from './figures.ts';
import { kills } from './kills.ts';
import { counter, gauge, type ContainerReading, type Row, type Vocabulary } from './reading.ts';

const ofStats: readonly Row<ContainerStats>[] = [
  counter('container_cpu_time_seconds_total', 'CPU time used.', (record) => {
    const { user, system } = cpuSecondsByMode(record);
    return [
      [{ cpu_mode: 'user' }, user],
      [{ cpu_mode: 'system' }, system],
    ];
  }),
  gauge('container_memory_usage_bytes', 'Memory in use, with all of its file pages.', memoryUsage),
  gauge('container_memory_rss_bytes', 'Memory of its processes, without files.', residentMemory),
  gauge(
    'container_memory_working_set_bytes',
    'Memory in use without file pages that were not touched for a while.',
    workingSet,
  ),
  counter('container_paging_faults_total', 'Page faults.', (record) => {
    const all = ofMemory(record, 'total_pgfault', 'pgfault');
    const major = ofMemory(record, 'total_pgmajfault', 'pgmajfault');
    if (all === undefined || major === undefined) return undefined;
    return [
      [{ system_paging_fault_type: 'major' }, major],
      [{ system_paging_fault_type: 'minor' }, all - major],
    ];
  }),
  counter('container_disk_io_bytes_total', 'Bytes read from and written to devices.', (record) =>
    (['read', 'write'] as const).flatMap((direction) =>
      blockEntries(record, 'io_service_bytes_recursive')
        .filter((entry) => isOp(entry, direction))
        .map(
          (entry) => [{ disk_io_direction: direction, system_device: deviceOf(entry) }, entry.value] as const,
        ),
    ),
  ),
  counter('container_network_io_bytes_total', 'Bytes received and sent.', ({ stats: { networks = {} } }) =>
    Object.entries(networks).flatMap(([name, { rx_bytes: received = 0, tx_bytes: sent = 0 }]) => [
      [{ network_interface_name: name, network_io_direction: 'receive' }, received] as const,
      [{ network_interface_name: name, network_io_direction: 'transmit' }, sent] as const,
    ]),
  ),
];

const ofContainers: readonly Row<ContainerReading>[] = [
  gauge('container_uptime_seconds', 'How long it has run.', ({ facts, lastSeen }) => {
    const [from, to] = [secondsOf(facts.startedAt), secondsOf(lastSeen)];
    return from === undefined || to === undefined ? undefined : Math.max(0, to - from);
  }),
  gauge('container_cpu_usage', 'CPUs in use, of readings with rates: `derive()` makes them.', ({ stats }) => {
    const { cpuPercent } = (stats as Partial<DerivedStats> | undefined)?.derived ?? {};
    return cpuPercent === undefined ? undefined : cpuPercent / 100;
  }),
  gauge(
    'container_memory_available_bytes',
    'Memory it may use beyond its working set; absent without a limit.',
    ({ facts: { limits }, stats }) => {
      const used = stats && workingSet(stats);
      return limits.memory === 0 || used === undefined ? undefined : Math.max(0, limits.memory - used);
    },
  ),
  gauge(
    'container_filesystem_usage_bytes',
    'What it has written into its own layer.',
    ({ facts }) => facts.writtenBytes,
  ),
];

/** The names of OpenTelemetry's semantic conventions 1.44, as Prometheus writes them. Kills for want of memory have none there. */
export const otel: Vocabulary = {
  stats: ofStats,
  containers: ofContainers,
  lasting: [kills],
  engine: [],
  labelsOf: ({ engine, container: { id, name, image, imageId, labels } }, keepLabel) => ({
    container_id: id,
    container_name: name,
    ...imageLabels(image),
    container_image_id: imageId,
    container_runtime_name: engine,
    ...containerLabels('container_label_', labels, keepLabel),
  }),
  sumLabels: undefined,
};

/** `registry:5000/web:1.2@sha256:…`: the name without tag and digest; tags as the list they are there. */
function imageLabels(image: string): {
  readonly container_image_name: string;
  readonly container_image_tags?: string;
} {
  const [, name = image, tag] = /^(.+?)(?::([\w.-]+))?(?:@.+)?$/.exec(image) ?? [];
  return tag === undefined || image.startsWith('sha256:')
    ? { container_image_name: image.startsWith('sha256:') ? image : name }
    : { container_image_name: name, container_image_tags: JSON.stringify([tag]) };
}
