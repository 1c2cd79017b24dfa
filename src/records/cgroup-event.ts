import { containerIdOf } from './container-id.ts';

/** What happened to a control group of the kernel, with no engine asked. */
export interface CgroupEvent {
  readonly kind: 'cgroup-event';
  /** The name of the machine, as the operating system has it. */
  readonly host: string;
  /**
   * RFC 3339, UTC. Of a `create`: when the kernel made the directory, as far as it remembers. Of the others: when they
   * were noticed.
   */
  readonly time: string;
  readonly action: 'create' | 'destroy' | 'oom';
  /** Its path in the hierarchy: `/`, `/docker/<id>`, `/system.slice/docker-<id>.scope` … */
  readonly cgroup: string;
  /** The container it belongs to, where its path names one. */
  readonly containerId?: string;
  /** Of the control groups. */
  readonly version: 1 | 2;
  /** With `oom`: processes killed since the last reading. */
  readonly oomKills?: number;
}

/** The monitors that podman and CRI-O put beside a container, named after it. */
const MONITOR = /^(?:libpod|crio)-conmon-/;

/** Whether a cgroup is a container's own: its last name has the id. Not what lies below it, no mount, no monitor. */
export function isContainerCgroup(cgroup: string): boolean {
  const name = cgroup.slice(cgroup.lastIndexOf('/') + 1);
  return !MONITOR.test(name) && containerIdOf(name) !== undefined;
}

/**
 * Processes killed for want of memory, in the text of `memory.events` (v2) or `memory.oom_control` (v1, since Linux
 * 4.13). Nothing where it is not said.
 */
export function oomKillsIn(text: string): number | undefined {
  const digits = /^oom_kill (\d+)$/m.exec(text)?.[1];
  return digits === undefined ? undefined : Number(digits);
}
