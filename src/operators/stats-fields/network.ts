import type { NetworkStats, StatsBody } from '../../records/container-stats.ts';
import type { StatsFields } from './flat-stats.ts';

/** The sums over interfaces under the ancestor's names, and each interface under its own where there are several. */
export function addNetwork(fields: StatsFields, { networks, network }: StatsBody): void {
  if (network !== undefined) addCounters(fields, network);
  if (networks === undefined) return;
  const names = Object.keys(networks);
  if (names.length === 1) addCounters(fields, networks[names[0]!]!);
  if (names.length < 2) return;
  addCounters(fields, sumOf(Object.values(networks)));
  for (const name of names) {
    if (name === 'eth0') addEth0(fields, networks[name]!);
    else if (name === 'eth1') addEth1(fields, networks[name]!);
    else addInterface(fields, name, networks[name]!);
  }
}

/** The usual names are written out here and below, for computed ones cost several times as much. */
function addCounters(fields: StatsFields, network: NetworkStats): void {
  if (network.rx_bytes !== undefined) fields.network_rx_bytes = network.rx_bytes;
  if (network.rx_packets !== undefined) fields.network_rx_packets = network.rx_packets;
  if (network.rx_errors !== undefined) fields.network_rx_errors = network.rx_errors;
  if (network.rx_dropped !== undefined) fields.network_rx_dropped = network.rx_dropped;
  if (network.tx_bytes !== undefined) fields.network_tx_bytes = network.tx_bytes;
  if (network.tx_packets !== undefined) fields.network_tx_packets = network.tx_packets;
  if (network.tx_errors !== undefined) fields.network_tx_errors = network.tx_errors;
  if (network.tx_dropped !== undefined) fields.network_tx_dropped = network.tx_dropped;
  for (const key in network) {
    const value = network[key];
    if (!COUNTERS.has(key) && typeof value === 'number') fields[`network_${key}`] = value;
  }
}

function addEth0(fields: StatsFields, network: NetworkStats): void {
  if (network.rx_bytes !== undefined) fields['network_eth0_rx_bytes'] = network.rx_bytes;
  if (network.rx_packets !== undefined) fields['network_eth0_rx_packets'] = network.rx_packets;
  if (network.rx_errors !== undefined) fields['network_eth0_rx_errors'] = network.rx_errors;
  if (network.rx_dropped !== undefined) fields['network_eth0_rx_dropped'] = network.rx_dropped;
  if (network.tx_bytes !== undefined) fields['network_eth0_tx_bytes'] = network.tx_bytes;
  if (network.tx_packets !== undefined) fields['network_eth0_tx_packets'] = network.tx_packets;
  if (network.tx_errors !== undefined) fields['network_eth0_tx_errors'] = network.tx_errors;
  if (network.tx_dropped !== undefined) fields['network_eth0_tx_dropped'] = network.tx_dropped;
  addInterface(fields, 'eth0', network, COUNTERS);
}

function addEth1(fields: StatsFields, network: NetworkStats): void {
  if (network.rx_bytes !== undefined) fields['network_eth1_rx_bytes'] = network.rx_bytes;
  if (network.rx_packets !== undefined) fields['network_eth1_rx_packets'] = network.rx_packets;
  if (network.rx_errors !== undefined) fields['network_eth1_rx_errors'] = network.rx_errors;
  if (network.rx_dropped !== undefined) fields['network_eth1_rx_dropped'] = network.rx_dropped;
  if (network.tx_bytes !== undefined) fields['network_eth1_tx_bytes'] = network.tx_bytes;
  if (network.tx_packets !== undefined) fields['network_eth1_tx_packets'] = network.tx_packets;
  if (network.tx_errors !== undefined) fields['network_eth1_tx_errors'] = network.tx_errors;
  if (network.tx_dropped !== undefined) fields['network_eth1_tx_dropped'] = network.tx_dropped;
  addInterface(fields, 'eth1', network, COUNTERS);
}

const NONE: ReadonlySet<string> = new Set();

function addInterface(fields: StatsFields, name: string, network: NetworkStats, except = NONE): void {
  for (const key in network) {
    const value = network[key];
    if (typeof value === 'number' && !except.has(key)) fields[`network_${name}_${key}`] = value;
  }
}

function sumOf(networks: readonly NetworkStats[]): NetworkStats {
  const sum: Record<string, number> = {};
  for (const network of networks) {
    for (const key in network) {
      const value = network[key];
      if (typeof value === 'number') sum[key] = (sum[key] ?? 0) + value;
    }
  }
  return sum;
}

const COUNTERS: ReadonlySet<string> = new Set([
  'rx_bytes',
  'rx_packets',
  'rx_errors',
  'rx_dropped',
  'tx_bytes',
  'tx_packets',
  'tx_errors',
  'tx_dropped',
]);
