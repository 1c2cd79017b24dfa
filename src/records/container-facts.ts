import type { ContainerInfo, EngineFlavour } from './container-stats.ts';

/** What a container is and is allowed, which stats do not say: `GET /containers/{id}/json` of the Docker Engine API. */
export interface ContainerFacts {
  readonly kind: 'container-facts';
  /** Which engine said it. */
  readonly host: string;
  /** Present and true on records of the simulated engine. */
  readonly simulated?: true;
  readonly engine: EngineFlavour;
  /** When the engine answered, by this machine's clock: RFC 3339. */
  readonly time: string;
  readonly container: ContainerInfo;
  /** The engine's word; `removed` is the last that is said of a container. */
  readonly state: ContainerStatus;
  /** `none`: it has no health check. */
  readonly health: 'none' | 'starting' | 'healthy' | 'unhealthy';
  /** RFC 3339, as the engine wrote it. */
  readonly createdAt?: string;
  /** Of the last run. */
  readonly startedAt?: string;
  /** Of the last run that ended, which may be one before the run under way. */
  readonly finishedAt?: string;
  /** Of the last run; absent while it runs and before the first. */
  readonly exitCode?: number;
  /** The engine's flag of the last run: some process was killed for want of memory. */
  readonly oomKilled: boolean;
  /** How often its restart policy has started it again. */
  readonly restartCount: number;
  /**
   * Its cgroup below the root of the hierarchy, by the engine's driver and the container's own parent:
   * `/docker/<id>`, `/system.slice/docker-<id>.scope`. The engine does not tell a parent it was itself started with.
   */
  readonly cgroup: string;
  readonly limits: ContainerLimits;
  /** What it has written into its own layer, in bytes; only from sources told to ask for it. */
  readonly writtenBytes?: number;
}

/** The state of a container, in the engine's words; `removed` is ours. */
export type ContainerStatus =
  'created' | 'running' | 'paused' | 'restarting' | 'removing' | 'exited' | 'dead' | 'removed';

/** What a container may use. 0 is no limit. */
export interface ContainerLimits {
  /** Microseconds; the kernel's 100,000 where nobody set it. */
  readonly cpuPeriod: number;
  /** Microseconds a period. */
  readonly cpuQuota: number;
  /** Its weight against others; 1,024 where nobody set it. */
  readonly cpuShares: number;
  /** Bytes. */
  readonly memory: number;
  /** Bytes: what it is pressed back to when the host runs short. */
  readonly memoryReservation: number;
  /** Bytes, of memory and swap together. */
  readonly memorySwap: number;
  /** Tasks. */
  readonly pids: number;
}

/** Whether it has processes, and so readings. */
export const isUp = ({ state }: ContainerFacts): boolean => state === 'running' || state === 'paused';
