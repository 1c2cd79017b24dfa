import type { RawStats } from '../../captures.ts';

export type Reference = Readonly<Record<string, string | number>>;

/**
 * The flat record of a reading a second time, slow and plain, out of the engine's own words: what `flattenStats`
 * makes is held against it. It shares nothing with it.
 */
export function reference(raw: RawStats): Reference {
  return Object.fromEntries<string | number>([
    ['@timestamp', raw.read],
    ['container', (raw.name ?? 'nameless').replace(/^\//, '')],
    ['container_id', raw.id ?? raw.Id ?? '0'.repeat(64)],
    ['image', 'bb:1'],
    ['image_id', 'sha256:a34e'],
    ['host', 'engine-1'],
    ...blkio(raw),
    ...cpu(raw),
    ...memory(raw),
    ...network(raw),
    ...known('pids_current', raw.pids_stats.current),
    ...known('pids_limit', withinLimits(raw.pids_stats.limit)),
    ...Object.entries(raw.storage_stats).map(([key, value]) => [`storage_${key}`, value] as const),
  ]);
}

type Fields = (readonly [name: string, value: number])[];

const known = (name: string, value: number | undefined): Fields =>
  value === undefined ? [] : [[name, value]];

const withinLimits = (value: number | undefined): number | undefined =>
  value !== undefined && value < 4_611_686_018_427_387_904 ? value : undefined;

function blkio({ blkio_stats }: RawStats): Fields {
  return Object.entries(blkio_stats).flatMap(([list, entries]) => {
    const ops = [...new Set((entries ?? []).map(({ op }) => op.toLowerCase()))];
    return ops.map((op): Fields[number] => {
      const ofOp = (entries ?? []).filter((entry) => entry.op.toLowerCase() === op);
      return [`blkio_${list}_${op}`, ofOp.reduce((sum, { value }) => sum + value, 0)];
    });
  });
}

function cpu({ cpu_stats: { cpu_usage, system_cpu_usage, online_cpus, throttling_data } }: RawStats): Fields {
  return [
    ['cpu_total_usage', cpu_usage.total_usage],
    ['cpu_usage_in_kernelmode', cpu_usage.usage_in_kernelmode],
    ['cpu_usage_in_usermode', cpu_usage.usage_in_usermode],
    ...(cpu_usage.percpu_usage ?? []).map((value, n): Fields[number] => [`cpu_percpu_usage${n}`, value]),
    ...known('cpu_system_usage', system_cpu_usage),
    ...known('cpu_online_cpus', online_cpus),
    ['cpu_throttling_periods', throttling_data.periods],
    ['cpu_throttling_throttled_periods', throttling_data.throttled_periods],
    ['cpu_throttling_throttled_time', throttling_data.throttled_time],
  ];
}

function memory({ memory_stats: { stats = {}, ...figures } }: RawStats): Fields {
  const names = new Set(Object.keys(stats).map((key) => key.replace(/^total_/, '')));
  const ofStat = [...names].flatMap((name) => {
    const value = stats[`total_${name}`] ?? stats[name];
    return known(`memory_${name}`, name.startsWith('hierarchical_') ? withinLimits(value) : value);
  });
  return [
    ...Object.entries(figures).map(([key, value]): Fields[number] => [`memory_${key}`, value]),
    ...ofStat,
  ];
}

function network({ networks = {}, network: sum }: RawStats): Fields {
  const interfaces = Object.entries(networks);
  const counters = interfaces.flatMap(([name, figures]) =>
    Object.entries(figures).flatMap(([key, value]) =>
      typeof value === 'number' ? [{ name, key, value }] : [],
    ),
  );
  const keys = [...new Set(counters.map(({ key }) => key))];
  return [
    ...Object.entries(sum ?? {}).map(([key, value]): Fields[number] => [`network_${key}`, value]),
    ...keys.map((key): Fields[number] => {
      const values = counters.filter((counter) => counter.key === key).map(({ value }) => value);
      return [`network_${key}`, values.reduce((total, value) => total + value, 0)];
    }),
    ...(interfaces.length > 1
      ? counters.map(({ name, key, value }): Fields[number] => [`network_${name}_${key}`, value])
      : []),
  ];
}
