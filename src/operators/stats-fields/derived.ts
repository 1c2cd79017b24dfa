import type { Derived } from '../../records/derived-stats.ts';
import type { StatsFields } from './flat-stats.ts';

export function addDerived(fields: StatsFields, derived: Derived): void {
  if (derived.cpuPercent !== undefined) fields.cpu_percent = derived.cpuPercent;
  if (derived.memoryBytes !== undefined) fields.memory_working_set = derived.memoryBytes;
  if (derived.memoryPercent !== undefined) fields.memory_percent = derived.memoryPercent;
  if (derived.networkRxBytesPerSecond !== undefined)
    fields.network_rx_bytes_per_second = derived.networkRxBytesPerSecond;
  if (derived.networkTxBytesPerSecond !== undefined)
    fields.network_tx_bytes_per_second = derived.networkTxBytesPerSecond;
  if (derived.blockReadBytesPerSecond !== undefined)
    fields.blkio_read_bytes_per_second = derived.blockReadBytesPerSecond;
  if (derived.blockWriteBytesPerSecond !== undefined)
    fields.blkio_write_bytes_per_second = derived.blockWriteBytesPerSecond;
}
