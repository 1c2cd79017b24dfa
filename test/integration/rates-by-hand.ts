import { expect } from 'chai';
import { cpuPercent, nanosecondsAt, type RawStats } from './by-hand.ts';
import type { Flat } from './main-job.ts';

const KiB = 1024;

/** Rates against the reading before; withheld where there was none, or where a counter fell. */
export function checkRates(line: Flat, now: RawStats, before: RawStats | undefined, isPodman: boolean): void {
  const total = (raw: RawStats): number => raw.cpu_stats.cpu_usage.total_usage;
  const sum = (raw: RawStats, key: string): number | undefined =>
    raw.networks === undefined
      ? undefined
      : Object.values(raw.networks).reduce((all, each) => all + each[key]!, 0);
  if (before === undefined) {
    const isFirst = isPodman || now.preread.startsWith('0001-');
    if (isFirst) expect(line).to.not.have.property('cpu_percent');
    else expect(line['cpu_percent']).to.be.closeTo(cpuPercent(now.precpu_stats, now.preread, now), 1e-6);
    expect(line).to.not.have.any.keys('network_rx_bytes_per_second', 'blkio_read_bytes_per_second');
    return;
  }
  const seconds = Number(nanosecondsAt(now.read) - nanosecondsAt(before.read)) / 1e9;
  const [rx, rxBefore] = [sum(now, 'rx_bytes'), sum(before, 'rx_bytes')];
  const fell = total(now) < total(before) || (rx !== undefined && rxBefore !== undefined && rx < rxBefore);
  if (fell) expect(line).to.not.have.any.keys('cpu_percent', 'network_rx_bytes_per_second');
  else if (line['cpu_percent'] !== undefined) {
    expect(line['cpu_percent']).to.be.closeTo(cpuPercent(before.cpu_stats, before.read, now), 1e-6);
    if (rx !== undefined && rxBefore !== undefined)
      expect(line['network_rx_bytes_per_second']).to.be.closeTo((rx - rxBefore) / seconds, 1e-6);
  } else expect(isRestarted(now, before), 'a rate is missing').to.equal(true);
}

/** Another counter fell than those above. */
function isRestarted(now: RawStats, before: RawStats): boolean {
  const all = (raw: RawStats): number[] => [
    ...Object.values(raw.networks ?? {}).map((each) => each['tx_bytes']!),
    ...(raw.blkio_stats['io_service_bytes_recursive'] ?? []).map(({ value }) => value),
  ];
  const [a, b] = [all(before), all(now)];
  return a.some((value, i) => (b[i] ?? 0) < value);
}

/** `388KiB`, `64MiB`; Podman's `64.1MB` has thousands. */
export function bytesOf(text: string): number {
  const [, number, unit] = /^([\d.]+)\s*([A-Za-z]+)$/.exec(text.trim())!;
  const scale: Readonly<Record<string, number>> = {
    B: 1,
    KiB,
    MiB: KiB ** 2,
    GiB: KiB ** 3,
    kB: 1e3,
    KB: 1e3,
    MB: 1e6,
    GB: 1e9,
  };
  return Number(number) * scale[unit!]!;
}
