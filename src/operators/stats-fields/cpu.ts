import type { StatsBody } from '../../records/container-stats.ts';
import type { StatsFields } from './flat-stats.ts';

export function addCpu(fields: StatsFields, { cpu_stats: cpu }: StatsBody): void {
  const { cpu_usage: usage, throttling_data: throttling } = cpu;
  fields.cpu_total_usage = usage.total_usage;
  fields.cpu_usage_in_kernelmode = usage.usage_in_kernelmode;
  fields.cpu_usage_in_usermode = usage.usage_in_usermode;
  if (usage.percpu_usage !== undefined) addEach(fields, usage.percpu_usage);
  if (cpu.system_cpu_usage !== undefined) fields.cpu_system_usage = cpu.system_cpu_usage;
  if (cpu.online_cpus !== undefined) fields.cpu_online_cpus = cpu.online_cpus;
  fields.cpu_throttling_periods = throttling.periods;
  fields.cpu_throttling_throttled_periods = throttling.throttled_periods;
  fields.cpu_throttling_throttled_time = throttling.throttled_time;
}

/** The first four have their names written out: a computed one makes all of a large object slow. */
function addEach(fields: StatsFields, each: readonly number[]): void {
  if (each[0] !== undefined) fields.cpu_percpu_usage0 = each[0];
  if (each[1] !== undefined) fields.cpu_percpu_usage1 = each[1];
  if (each[2] !== undefined) fields.cpu_percpu_usage2 = each[2];
  if (each[3] !== undefined) fields.cpu_percpu_usage3 = each[3];
  for (let index = 4; index < each.length; index += 1) fields[`cpu_percpu_usage${index}`] = each[index]!;
}
