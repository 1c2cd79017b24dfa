import { figure } from './figure.ts';
import type { Column } from './report.ts';
import type { BenchSet } from './sets.ts';

const CPU: Column = [
  'CPU µs a client and record',
  'CPU',
  ({ records, steadyCpuMs = NaN }) => (steadyCpuMs * 1000) / records,
  2,
];
const LATENCY: readonly Column[] = [
  ['p50 ms', 'p50', figure('p50Ms'), 1],
  ['p99 ms', 'p99', figure('p99Ms'), 1],
];
/** It leaves a thousand clients time: so what one of them costs the others shows. */
const CALM_RATE = 500;
const CLIENT: Column = ['KiB a client', 'client', figure('clientKiB'), 1];

/** Records to clients, each of which counts how long they took to it. */
export function broadcastSet(clients: number, records: number, perSecond: number): BenchSet {
  return {
    ...common(clients, records, perSecond),
    title: `${records} records at ${perSecond}/s to ${clients} WebSocket clients`,
    candidates: ['broadcast-plain-ws', 'broadcast-dockrx'],
    columns: [
      ['k frames/s', 'speed', ({ records: all, wallMs }) => all / wallMs, 1],
      CPU,
      ...LATENCY,
      CLIENT,
    ],
  };
}

/** From the engine's emission to the client's receipt, beside a bare loop that gathers records for 5 ms. */
export function latencySet(clients: number, records: number): BenchSet {
  return {
    ...common(clients, records, 1_000),
    title: `${records} events of an engine at 1,000/s to ${clients} WebSocket clients`,
    candidates: ['broadcast-engine-bare', 'broadcast-engine-dockrx'],
    columns: [CPU, ...LATENCY],
  };
}

/** What one client among many costs that reads nothing; more comes than the system buffers for it. */
export function stalledSet(clients: number, records: number): BenchSet {
  return {
    ...common(clients, records, CALM_RATE),
    title: `${records} records at ${CALM_RATE}/s to ${clients} WebSocket clients, of which none or one reads nothing`,
    candidates: ['broadcast-dockrx', 'broadcast-one-stalled'],
    columns: [CPU, ...LATENCY, ['peak RSS MiB', 'RSS', ({ rssMiB }) => rssMiB, 1]],
  };
}

const common = (
  clients: number,
  records: number,
  perSecond: number,
): Pick<BenchSet, 'name' | 'amount' | 'clients' | 'perSecond' | 'verify'> => ({
  ...{ name: 'broadcast', amount: records, clients, perSecond },
  verify: () => Promise.resolve(records * clients),
});
