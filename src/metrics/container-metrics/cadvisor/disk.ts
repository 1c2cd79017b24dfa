import type { ContainerStats } from '../../../records/container-stats.ts';
import { blockEntries, deviceOf, isOp } from '../figures.ts';
import { counter, gauge, type ContainerReading, type Row, type Values } from '../reading.ts';

const sum =
  (list: Parameters<typeof blockEntries>[1], op: 'read' | 'write') =>
  (record: ContainerStats): Values =>
    blockEntries(record, list)
      .filter((entry) => isOp(entry, op))
      .map((entry) => [{ device: deviceOf(entry) }, entry.value]);

/** The engine names devices by their numbers, where cAdvisor has their paths. */
export const disk: readonly Row<ContainerStats>[] = [
  counter(
    'container_fs_reads_bytes_total',
    'Bytes read from a device.',
    sum('io_service_bytes_recursive', 'read'),
  ),
  counter(
    'container_fs_writes_bytes_total',
    'Bytes written to a device.',
    sum('io_service_bytes_recursive', 'write'),
  ),
  counter('container_fs_reads_total', 'Reads of a device.', sum('io_serviced_recursive', 'read')),
  counter('container_fs_writes_total', 'Writes to a device.', sum('io_serviced_recursive', 'write')),
  counter('container_blkio_device_usage_total', 'Bytes read from and written to a device.', (record) =>
    blockEntries(record, 'io_service_bytes_recursive')
      .filter(({ op }) => BYTES.has(op.toLowerCase()))
      .map((entry) => [
        {
          device: deviceOf(entry),
          major: String(entry.major),
          minor: String(entry.minor),
          operation: capitalized(entry.op),
        },
        entry.value,
      ]),
  ),
];

export const written: readonly Row<ContainerReading>[] = [
  gauge(
    'container_fs_usage_bytes',
    "What it has written into its own layer; the device is the engine's storage driver.",
    ({ facts, engine }) =>
      facts.writtenBytes === undefined
        ? undefined
        : [[{ device: engine?.storageDriver ?? '' }, facts.writtenBytes]],
  ),
];

/** Podman 5 has counts of others among the bytes. */
const BYTES = new Set(['read', 'write', 'sync', 'async', 'discard', 'total']);

/** As cAdvisor has them, on cgroup v2 too. */
const capitalized = (op: string): string => op.charAt(0).toUpperCase() + op.slice(1);
