/** A container as its records name it. */
export interface ContainerInfo {
  readonly id: string;
  /** Without the engine's leading slash. */
  readonly name: string;
  /** As the container was created with: a name, or an id where the engine knows no name. */
  readonly image: string;
  readonly imageId: string;
  /** The labels allowed by the source's option. */
  readonly labels: Readonly<Record<string, string>>;
}

/** One reading of a running container: `GET /containers/{id}/stats` of the Docker Engine API. */
export interface ContainerStats {
  readonly kind: 'container-stats';
  /** Which engine said it. */
  readonly host: string;
  /** Present and true on records of the simulated engine. */
  readonly simulated?: true;
  /** `docker` or `podman`: some counters mean other things there. */
  readonly engine: EngineFlavour;
  /** When it was read, as the engine wrote it: RFC 3339, up to nine digits of fraction. */
  readonly time: string;
  readonly container: ContainerInfo;
  /** The engine's own figures, checked and otherwise as they came. */
  readonly stats: StatsBody;
}

/** Which program the engine is. */
export type EngineFlavour = 'docker' | 'podman';

/**
 * The body of a stats answer. Counters are totals since the container's start; which are there depends on
 * cgroup version, engine and platform. Integers beyond 2^53 (an absent limit, mostly) are rounded by JSON.
 */
export interface StatsBody {
  /** Absent from one-shot answers of newer engines. */
  readonly id?: string;
  /** With the engine's leading slash; podman writes none. */
  readonly name?: string;
  /** Engine 29 and newer. */
  readonly os_type?: string;
  readonly read: string;
  /** When the reading before was taken; year 1 when there was none. */
  readonly preread: string;
  /** A `limit` of 2^63 or more is none; see `pidsLimit`. */
  readonly pids_stats: { readonly current?: number; readonly limit?: number };
  /** Lists by name; null or absent where the kernel does not count. */
  readonly blkio_stats: Readonly<Record<string, readonly BlkioEntry[] | null>>;
  /** CPUs of the host on Windows, 0 elsewhere. */
  readonly num_procs: number;
  /** Windows only. */
  readonly storage_stats: Readonly<Record<string, number>>;
  readonly cpu_stats: CpuStats;
  /** The reading before; zeros when there was none. */
  readonly precpu_stats: CpuStats;
  readonly memory_stats: MemoryStats;
  /** By interface; absent for host and none networks. */
  readonly networks?: Readonly<Record<string, NetworkStats>>;
  /** The sum over interfaces, API 1.20 and older. */
  readonly network?: NetworkStats;
}

/** CPU time, as totals since the container's start. */
export interface CpuStats {
  readonly cpu_usage: {
    /** Nanoseconds; hundreds of nanoseconds on Windows. */
    readonly total_usage: number;
    /** cgroup v1 only. */
    readonly percpu_usage?: readonly number[];
    /** As total_usage; microseconds on podman 5 with cgroup v2. */
    readonly usage_in_kernelmode: number;
    readonly usage_in_usermode: number;
  };
  /** Nanoseconds of all CPUs of the host. Absent on Windows and in empty readings; without idle time on podman. */
  readonly system_cpu_usage?: number;
  readonly online_cpus?: number;
  readonly throttling_data: {
    readonly periods: number;
    readonly throttled_periods: number;
    /** Nanoseconds. */
    readonly throttled_time: number;
  };
}

/** Bytes. Usage and limit on Linux, the rest as marked. */
export interface MemoryStats {
  readonly usage?: number;
  /** The host's memory where the container has no limit of its own. */
  readonly limit?: number;
  /** cgroup v1. */
  readonly max_usage?: number;
  /** How often the limit was hit; some engines only. */
  readonly failcnt?: number;
  /** memory.stat of the container's cgroup; its keys differ between v1 and v2. */
  readonly stats?: Readonly<Record<string, number>>;
  /** Windows. */
  readonly commitbytes?: number;
  readonly commitpeakbytes?: number;
  readonly privateworkingset?: number;
}

/** One figure of one block device. */
export interface BlkioEntry {
  readonly major: number;
  readonly minor: number;
  /** Read, Write, Sync, Async, Discard, Total on cgroup v1; read, write on v2; podman 5 has more. */
  readonly op: string;
  readonly value: number;
}

/** What one interface received and sent. The only texts are the endpoint_id and instance_id of Windows. */
export interface NetworkStats {
  readonly rx_bytes?: number;
  readonly rx_packets?: number;
  readonly rx_errors?: number;
  readonly rx_dropped?: number;
  readonly tx_bytes?: number;
  readonly tx_packets?: number;
  readonly tx_errors?: number;
  readonly tx_dropped?: number;
  readonly [field: string]: number | string | undefined;
}
