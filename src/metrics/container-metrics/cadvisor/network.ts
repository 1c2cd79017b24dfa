import type { ContainerStats, NetworkStats } from '../../../records/container-stats.ts';
import { counter, type Row } from '../reading.ts';

const DIRECTIONS = { receive: 'rx', transmit: 'tx' } as const;
const COUNTS = {
  bytes: ['bytes', 'Bytes'],
  packets: ['packets', 'Packets'],
  packets_dropped: ['dropped', 'Packets dropped that were to be'],
  errors: ['errors', 'Errors while'],
} as const;

/** Of its own interfaces: a container in the host's network, or another's, has none. */
export const network: readonly Row<ContainerStats>[] = Object.entries(DIRECTIONS).flatMap(
  ([direction, short]) =>
    Object.entries(COUNTS).map(([what, [field, words]]) =>
      counter<ContainerStats>(
        `container_network_${direction}_${what}_total`,
        `${words} ${direction === 'receive' ? 'received' : 'sent'}.`,
        ({ stats: { networks = {} } }) =>
          Object.entries(networks).flatMap(([name, counts]) => valueOf(name, counts, `${short}_${field}`)),
      ),
    ),
);

function valueOf(
  name: string,
  counts: NetworkStats,
  field: string,
): readonly (readonly [{ readonly interface: string }, number])[] {
  const value = counts[field];
  return typeof value === 'number' ? [[{ interface: name }, value]] : [];
}
