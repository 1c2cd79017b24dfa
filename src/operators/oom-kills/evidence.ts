import { containerIdOf } from '../../records/container-id.ts';
import type { DockerEvent } from '../../records/docker-event.ts';
import type { KernelOom } from '../../records/kernel-oom.ts';
import type { OomEvidence, OomKill } from '../../records/oom-kill.ts';

/** What is said of a process beside when and where. */
export type Details = Pick<
  OomKill,
  'process' | 'pid' | 'uid' | 'constraint' | 'cgroup' | 'limitCgroup' | 'simulated'
>;

/** That there was a kill, as one of the sources says it. */
export interface Evidence extends Details {
  readonly kind: OomEvidence;
  readonly host: string;
  /** RFC 3339, and the same in milliseconds. */
  readonly time: string;
  readonly atMs: number;
  /** Where it is said afterwards: since when it may have been. */
  readonly sinceMs?: number;
  readonly containerId?: string;
  /** Nothing tells where it was: it may be any container's. */
  readonly isAnywhere?: true;
}

/** Of a `cadvisor-event`, what matters here. */
export interface CadvisorOom {
  readonly kind: 'cadvisor-event';
  readonly type: string;
  readonly host: string;
  readonly time: string;
  /** Preferred where it came live: `time` is off by a second, and by more after a suspend. */
  readonly receivedAt?: string;
  readonly replayed?: true;
  /** Whose limit was hit. */
  readonly cgroup: string;
  readonly containerId?: string;
  readonly pid?: number;
  readonly process?: string;
  readonly constraint?: string;
}

/** Of a `cgroup-event`, what matters here. */
export interface CgroupOom {
  readonly kind: 'cgroup-event';
  readonly action: string;
  readonly host: string;
  readonly time: string;
  readonly cgroup: string;
  readonly containerId?: string;
  readonly version: 1 | 2;
  /** Kills since the reading before. */
  readonly oomKills?: number;
}

export const ofDocker = ({ host, time, id, simulated }: DockerEvent): Evidence => ({
  kind: 'docker-oom',
  host,
  time,
  atMs: Date.parse(time),
  containerId: id,
  ...(simulated === true && { simulated }),
});

export function ofKernel(kill: KernelOom): Evidence {
  const { host, time, process, pid, uid, constraint, cgroup, limitCgroup, containerId } = kill;
  return {
    kind: 'kernel',
    host,
    time,
    atMs: Date.parse(time),
    ...defined({ containerId, process, pid, uid, constraint, cgroup, limitCgroup }),
    ...(cgroup === undefined && { isAnywhere: true }),
  };
}

/** It names the cgroup whose limit was hit: the container's, or one above it. */
export function ofCadvisor(event: CadvisorOom): readonly Evidence[] {
  if (event.type !== 'oomKill') return [];
  const { host, containerId, pid, process, constraint, cgroup, replayed } = event;
  const time = replayed === true ? event.time : (event.receivedAt ?? event.time);
  return [
    {
      kind: 'cadvisor',
      host,
      time,
      atMs: Date.parse(time),
      ...defined({ containerId, pid, process, constraint, limitCgroup: cgroup === '/' ? undefined : cgroup }),
      ...(containerId === undefined && { isAnywhere: true }),
    },
  ];
}

/** Once for each kill it counts. On v2 a cgroup counts what happens below it too: only the container's own is heard. */
export function ofCgroup(event: CgroupOom, sinceMs: number): readonly Evidence[] {
  const { action, host, time, cgroup, containerId, version, oomKills = 0 } = event;
  if (action !== 'oom' || containerId === undefined) return [];
  if (version === 2 && containerIdOf(cgroup.slice(cgroup.lastIndexOf('/') + 1)) === undefined) return [];
  const one: Evidence = {
    kind: 'memory-events',
    host,
    time,
    atMs: Date.parse(time),
    sinceMs,
    containerId,
    cgroup,
  };
  return Array.from({ length: oomKills }, () => one);
}

function defined<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as never;
}
