interface Container {
  readonly id: string;
  readonly name: string;
  readonly image: string;
  readonly imageId: string;
}

interface Body {
  readonly read: string;
  readonly blkio_stats: Readonly<
    Record<string, readonly { readonly op: string; readonly value: number }[] | null>
  >;
  readonly cpu_stats: {
    readonly cpu_usage: Readonly<Record<string, number>>;
    readonly system_cpu_usage: number;
    readonly online_cpus: number;
    readonly throttling_data: Readonly<Record<string, number>>;
  };
  readonly memory_stats: {
    readonly usage: number;
    readonly limit: number;
    readonly stats: Readonly<Record<string, number>>;
  };
  readonly pids_stats: { readonly current: number };
  readonly networks?: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

/** The fields that flattenStats gives of a cgroup v2 reading, by hand: no checks, no rates. */
export function flatStatsLine(container: Container, line: string): string {
  const { read, blkio_stats, cpu_stats, memory_stats, pids_stats, networks } = JSON.parse(line) as Body;
  const flat: Record<string, string | number> = {
    '@timestamp': read,
    container: container.name,
    container_id: container.id,
    image: container.image,
    image_id: container.imageId,
  };
  for (const list in blkio_stats)
    for (const { op, value } of blkio_stats[list] ?? []) {
      const key = `blkio_${list}_${op}`;
      flat[key] = ((flat[key] as number | undefined) ?? 0) + value;
    }
  flat['cpu_total_usage'] = cpu_stats.cpu_usage['total_usage']!;
  flat['cpu_usage_in_kernelmode'] = cpu_stats.cpu_usage['usage_in_kernelmode']!;
  flat['cpu_usage_in_usermode'] = cpu_stats.cpu_usage['usage_in_usermode']!;
  flat['memory_limit'] = memory_stats.limit;
  flat['memory_usage'] = memory_stats.usage;
  for (const key in memory_stats.stats) flat[`memory_${key}`] = memory_stats.stats[key]!;
  for (const name in networks)
    for (const key in networks[name]) {
      const sum = `network_${key}`;
      flat[sum] = ((flat[sum] as number | undefined) ?? 0) + networks[name][key]!;
    }
  flat['host'] = 'bench';
  flat['cpu_throttling_periods'] = cpu_stats.throttling_data['periods']!;
  flat['cpu_throttling_throttled_periods'] = cpu_stats.throttling_data['throttled_periods']!;
  flat['cpu_throttling_throttled_time'] = cpu_stats.throttling_data['throttled_time']!;
  flat['cpu_system_usage'] = cpu_stats.system_cpu_usage;
  flat['cpu_online_cpus'] = cpu_stats.online_cpus;
  flat['pids_current'] = pids_stats.current;
  return `${JSON.stringify(flat)}\n`;
}
