/** A process that the kernel killed for want of memory, as the kernel log tells it. */
export interface KernelOom {
  readonly kind: 'kernel-oom';
  /** The machine whose kernel it is. */
  readonly host: string;
  /** RFC 3339, UTC. Right to a tenth of a second where it was read as it happened, else as the kernel's clock is. */
  readonly time: string;
  /** The record's number in the kernel log of this boot. */
  readonly sequence: number;
  /** The name of the process, 15 bytes at most: any process may choose its own. */
  readonly process: string;
  /** As the host numbers it. */
  readonly pid: number;
  readonly uid?: number;
  /** Whose limit it was: `CONSTRAINT_MEMCG` a cgroup's, `CONSTRAINT_NONE` the machine's … Absent where nothing tells. */
  readonly constraint?: string;
  /**
   * The cgroup the process was in; for the further ones of `memory.oom.group` the group's. Absent where the kernel
   * left out its report: it prints ten in five seconds.
   */
  readonly cgroup?: string;
  /** The cgroup whose limit was hit: the process's own, or one above. */
  readonly limitCgroup?: string;
  /** Of the container the cgroup belongs to, 64 digits. */
  readonly containerId?: string;
  /** It was killed along with another, because `memory.oom.group` is set. */
  readonly group?: true;
  /** What the process had when it was killed, as far as the kernel printed it. */
  readonly totalVmBytes?: number;
  readonly anonRssBytes?: number;
  readonly fileRssBytes?: number;
  readonly shmemRssBytes?: number;
}
