import { figure } from './figure.ts';
import type { Column } from './report.ts';
import type { BenchSet } from './sets.ts';

const COLUMNS: readonly Column[] = [
  ['k frames/s', 'speed', ({ records, wallMs }) => records / wallMs, 1],
  [
    'CPU µs a client and record',
    'CPU',
    ({ records, steadyCpuMs = NaN }) => (steadyCpuMs * 1000) / records,
    2,
  ],
  ['p50 ms', 'p50', figure('p50Ms'), 1],
  ['p99 ms', 'p99', figure('p99Ms'), 1],
  ['KiB a client', 'client', figure('clientKiB'), 1],
];

/** Records to clients, each of which counts how long they took to it. */
export function broadcastSet(clients: number, records: number): BenchSet {
  return {
    name: 'broadcast',
    title: `${records} records at 1,000/s to ${clients} WebSocket clients`,
    candidates: ['broadcast-plain-ws', 'broadcast-dockrx'],
    amount: records,
    clients,
    columns: COLUMNS,
    verify: () => Promise.resolve(records * clients),
  };
}
