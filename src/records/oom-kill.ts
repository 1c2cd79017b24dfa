/** Who said that there was a kill, the most precise first. */
export type OomEvidence = 'kernel' | 'docker-oom' | 'cadvisor' | 'memory-events' | 'docker-die';

/** A process killed for want of memory, told once, with all that is known of it. */
export interface OomKill {
  readonly kind: 'oom-kill';
  readonly host: string;
  /** Present and true on records of the simulated engine. */
  readonly simulated?: true;
  /** RFC 3339, UTC: by the most precise evidence. Of `docker-die` alone it is only the end of the container. */
  readonly time: string;
  /** Absent where the process was in no container, or nothing tells in which. */
  readonly containerId?: string;
  /**
   * Present and true where nothing told the container, for the kernel left out its report: it is the one that ended by
   * SIGKILL at that moment, or the only one in which processes of that name were killed.
   */
  readonly isInferred?: true;
  /** Of the container, where Docker's events told them. */
  readonly name?: string;
  readonly image?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly process?: string;
  /** As the host numbers it. */
  readonly pid?: number;
  readonly uid?: number;
  /** `CONSTRAINT_MEMCG` a cgroup's limit, `CONSTRAINT_NONE` the machine's … */
  readonly constraint?: string;
  readonly cgroup?: string;
  /** The cgroup whose limit was hit. */
  readonly limitCgroup?: string;
  /** What it rests on: one at least. */
  readonly evidence: readonly OomEvidence[];
}
