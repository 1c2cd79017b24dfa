// What the flat records of the main job must say, worked out from the engine's raw bytes by the plainest means and with
// none of the project's own code.

type Figures = Readonly<Record<string, number>>;

export interface RawStats {
  readonly read: string;
  readonly preread: string;
  readonly cpu_stats: RawCpu;
  readonly precpu_stats: RawCpu;
  readonly memory_stats: { readonly usage?: number; readonly limit?: number; readonly stats?: Figures };
  readonly networks?: Readonly<Record<string, Figures>>;
  readonly blkio_stats: Readonly<
    Record<string, readonly { readonly op: string; readonly value: number }[] | null>
  >;
  readonly pids_stats: { readonly current?: number; readonly limit?: number };
}

interface RawCpu {
  readonly cpu_usage: { readonly total_usage: number; readonly percpu_usage?: readonly number[] | null };
  readonly system_cpu_usage?: number;
  readonly online_cpus?: number;
  readonly throttling_data: Figures;
}

type Flat = Record<string, unknown>;

const NONE = 2 ** 62;

/** The figures of one reading under their flat names, without rates and shares. */
export function flatFigures(raw: RawStats): Flat {
  const flat: Flat = { '@timestamp': raw.read };
  for (const [key, value] of Object.entries(raw.cpu_stats.cpu_usage))
    if (typeof value === 'number') flat[`cpu_${key}`] = value;
  for (const [i, value] of (raw.cpu_stats.cpu_usage.percpu_usage ?? []).entries())
    flat[`cpu_percpu_usage${i}`] = value;
  if (raw.cpu_stats.system_cpu_usage !== undefined) flat['cpu_system_usage'] = raw.cpu_stats.system_cpu_usage;
  if (raw.cpu_stats.online_cpus !== undefined) flat['cpu_online_cpus'] = raw.cpu_stats.online_cpus;
  for (const [key, value] of Object.entries(raw.cpu_stats.throttling_data))
    flat[`cpu_throttling_${key}`] = value;
  const { stats = {}, ...memory } = raw.memory_stats;
  for (const [key, value] of Object.entries(memory)) flat[`memory_${key}`] = value;
  for (const key of Object.keys(stats)) {
    const name = key.replace(/^total_/, '');
    const value = stats[`total_${name}`] ?? stats[name]!;
    if (value < NONE) flat[`memory_${name}`] = value;
  }
  const interfaces = Object.entries(raw.networks ?? {});
  for (const [name, figures] of interfaces)
    for (const [key, value] of Object.entries(figures)) {
      flat[`network_${key}`] = ((flat[`network_${key}`] as number | undefined) ?? 0) + value;
      if (interfaces.length > 1) flat[`network_${name}_${key}`] = value;
    }
  for (const [list, entries] of Object.entries(raw.blkio_stats))
    for (const { op, value } of entries ?? []) {
      const name = `blkio_${list}_${op.toLowerCase()}`;
      flat[name] = ((flat[name] as number | undefined) ?? 0) + value;
    }
  if (raw.pids_stats.current !== undefined) flat['pids_current'] = raw.pids_stats.current;
  if (raw.pids_stats.limit !== undefined && raw.pids_stats.limit < NONE)
    flat['pids_limit'] = raw.pids_stats.limit;
  return flat;
}

/** Memory in use as `docker stats` has it: without the page cache that can go at once. */
export function workingSet({ memory_stats: { usage = 0, stats = {} } }: RawStats): number {
  const cache = stats['total_inactive_file'] ?? stats['inactive_file'] ?? 0;
  return cache < usage ? usage - cache : usage;
}

/** Of one CPU, by the clock on the wall. */
export function cpuPercent(before: RawCpu, beforeAt: string, now: RawStats): number {
  const nanoseconds = now.cpu_stats.cpu_usage.total_usage - before.cpu_usage.total_usage;
  return (nanoseconds / Number(nanosecondsAt(now.read) - nanosecondsAt(beforeAt))) * 100;
}

/** Nanoseconds since the epoch of an RFC 3339 time with any fraction. */
export function nanosecondsAt(time: string): bigint {
  const [, seconds, fraction = '', zone] = /^(.{19})(?:\.(\d+))?(Z|[+-]\d\d:\d\d)$/.exec(time)!;
  return BigInt(Date.parse(`${seconds!}${zone!}`)) * 1_000_000n + BigInt(fraction.padEnd(9, '0'));
}

/** One event line as its flat record. */
export function flatEvent(line: string, host: string): Flat {
  const raw = JSON.parse(line) as {
    readonly Type: string;
    readonly Action: string;
    readonly Actor: { readonly ID: string; readonly Attributes: Readonly<Record<string, string>> };
    readonly scope: string;
    readonly time: number;
  };
  const nano = /"timeNano":(\d+)/.exec(line)![1]!;
  const action = raw.Action.replace(/^(exec_\w+):.*/s, '$1');
  const { ID, Attributes } = raw.Actor;
  return {
    '@timestamp': `${new Date(raw.time * 1000).toISOString().slice(0, 19)}.${nano.slice(-9)}Z`,
    event_Type: raw.Type,
    event_Action: action,
    event_Actor: { ID, Attributes },
    event_scope: raw.scope,
    event_timeNano: nano,
    host,
    ...(raw.Type === 'container' || raw.Type === 'image' ? { event_status: action, event_id: ID } : {}),
    ...(raw.Type === 'container'
      ? {
          event_from: Attributes['image'],
          container: Attributes['name'],
          container_id: ID,
          image: Attributes['image'],
        }
      : {}),
  };
}
