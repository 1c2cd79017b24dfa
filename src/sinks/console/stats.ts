import type { ContainerStats } from '../../records/container-stats.ts';
import type { Derived } from '../../records/derived-stats.ts';
import { memoryBytes, memoryPercent } from '../../records/stats-figures.ts';
import type { Tone } from '../shared/tones.ts';
import type { Column } from './table.ts';
import { bytes, percent, timeOfDay } from '../shared/units.ts';

/** A reading of a container, flattened or not, as a row; what is not known is absent. */
export interface StatsRow {
  readonly time: string;
  readonly container: string;
  readonly host: string;
  readonly cpuPercent: number | undefined;
  readonly memoryBytes: number | undefined;
  readonly memoryPercent: number | undefined;
  readonly rx: number | undefined;
  readonly tx: number | undefined;
  readonly read: number | undefined;
  readonly write: number | undefined;
  readonly pids: number | undefined;
}

type Reading = ContainerStats & { readonly derived?: Derived };

interface FlatStatsFields {
  readonly '@timestamp': string;
  readonly container: string;
  readonly host: string;
  readonly cpu_total_usage: number;
  readonly cpu_percent?: number;
  readonly memory_usage?: number;
  readonly memory_working_set?: number;
  readonly memory_percent?: number;
  readonly network_rx_bytes_per_second?: number;
  readonly network_tx_bytes_per_second?: number;
  readonly blkio_read_bytes_per_second?: number;
  readonly blkio_write_bytes_per_second?: number;
  readonly pids_current?: number;
}

export function statsRow(record: object): StatsRow | undefined {
  if ((record as Partial<Reading>).kind === 'container-stats') return ofReading(record as Reading);
  const flat = record as FlatStatsFields;
  return (flat.cpu_total_usage as number | undefined) === undefined ? undefined : ofFlat(flat);
}

function ofReading({ time, container, host, stats, derived = {} }: Reading): StatsRow {
  return {
    time,
    host,
    container: container.name,
    cpuPercent: derived.cpuPercent,
    memoryBytes: derived.memoryBytes ?? memoryBytes(stats),
    memoryPercent: derived.memoryPercent ?? memoryPercent(stats),
    rx: derived.networkRxBytesPerSecond,
    tx: derived.networkTxBytesPerSecond,
    read: derived.blockReadBytesPerSecond,
    write: derived.blockWriteBytesPerSecond,
    pids: derived.pids ?? stats.pids_stats.current,
  };
}

const ofFlat = (flat: FlatStatsFields): StatsRow => ({
  time: flat['@timestamp'],
  host: flat.host,
  container: flat.container,
  cpuPercent: flat.cpu_percent,
  memoryBytes: flat.memory_working_set ?? flat.memory_usage,
  memoryPercent: flat.memory_percent,
  rx: flat.network_rx_bytes_per_second,
  tx: flat.network_tx_bytes_per_second,
  read: flat.blkio_read_bytes_per_second,
  write: flat.blkio_write_bytes_per_second,
  pids: flat.pids_current,
});

const load = (value: number | undefined): Tone | undefined =>
  value === undefined || value < 75 ? undefined : value < 90 ? 'warning' : 'bad';

const figure = (
  title: string,
  least: number,
  cell: Column<StatsRow>['cell'],
  tone?: Column<StatsRow>['tone'],
): Column<StatsRow> => ({
  title,
  least,
  most: 10,
  side: 'right',
  cell,
  ...(tone && { tone }),
});

/** Rates are of bytes a second; they and CPU need `derive` before. */
export const STATS_COLUMNS: readonly Column<StatsRow>[] = [
  { title: 'TIME', least: 12, most: 12, cell: ({ time }) => timeOfDay(time), tone: () => 'quiet' },
  { title: 'CONTAINER', least: 16, most: 30, cell: ({ container }) => container },
  figure('CPU %', 6, (row) => percent(row.cpuPercent)),
  figure('MEM', 8, (row) => bytes(row.memoryBytes)),
  figure(
    'MEM %',
    5,
    (row) => percent(row.memoryPercent),
    (row) => load(row.memoryPercent),
  ),
  figure('NET RX/S', 8, (row) => bytes(row.rx)),
  figure('NET TX/S', 8, (row) => bytes(row.tx)),
  figure('READ/S', 8, (row) => bytes(row.read)),
  figure('WRITE/S', 8, (row) => bytes(row.write)),
  figure('PIDS', 5, (row) => String(row.pids ?? '')),
  { title: 'HOST', most: 16, cell: ({ host }) => host, tone: () => 'quiet' },
];
