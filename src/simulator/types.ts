/** Everything a container is asked to be. */
export interface ContainerSpec {
  readonly name: string;
  readonly image: string;
  readonly command: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  /** `bridge`, `host`, `none` or names of user networks; the n-th becomes `eth<n>` */
  readonly networks: readonly string[];
  readonly volumes: readonly VolumeMount[];
  /** 0 = none */
  readonly memoryLimitBytes: number;
  /** in cores; 0 = none */
  readonly cpus: number;
  /** 0 = none */
  readonly pidsLimit: number;
  readonly tty: boolean;
  readonly autoRemove: boolean;
  readonly restartPolicy: RestartPolicy;
  /** the shell command of the health check; '' = none */
  readonly healthCommand: string;
  readonly load: LoadProfile;
}

/** A named volume, and where it is in the container. */
export interface VolumeMount {
  readonly name: string;
  readonly destination: string;
}

/** Whether the engine starts it again when it has ended. */
export interface RestartPolicy {
  readonly name: 'no' | 'always' | 'unless-stopped' | 'on-failure';
  readonly maximumRetryCount: number;
}

/** Mean values of what a container uses; the real course swings around them. */
export interface LoadProfile {
  /** cores */
  readonly cpu: number;
  readonly anonBytes: number;
  /** upper end of the page cache */
  readonly cacheBytes: number;
  readonly rxBytesPerSecond: number;
  readonly txBytesPerSecond: number;
  readonly readBytesPerSecond: number;
  readonly writeBytesPerSecond: number;
  readonly pids: number;
}

export type ContainerState = 'created' | 'running' | 'paused' | 'restarting' | 'exited';
export type Health = 'none' | 'starting' | 'healthy' | 'unhealthy';

export interface HealthProbe {
  readonly startNano: bigint;
  readonly endNano: bigint;
  readonly exitCode: number;
}

/** A container and what became of it. Only the life cycle and the load change it. */
export interface Container {
  readonly id: string;
  spec: ContainerSpec;
  readonly createdNano: bigint;
  readonly seed: number;
  readonly imageId: string;
  state: ContainerState;
  startedNano: bigint;
  finishedNano: bigint;
  exitCode: number;
  oomKilled: boolean;
  pid: number;
  restartCount: number;
  health: Health;
  failingStreak: number;
  readonly probes: HealthProbe[];
  endpoints: readonly Endpoint[];
  counters: Counters;
  /** extra anonymous memory, pushed up by the OOM scenario */
  pressureBytes: number;
  readonly logs: LogEntry[];
}

/** A place in a network; address and endpoint only while running. */
export interface Endpoint {
  readonly network: string;
  readonly networkId: string;
  readonly endpointId: string;
  readonly gateway: string;
  readonly address: string;
  readonly mac: string;
}

export interface Network {
  readonly id: string;
  readonly name: string;
  readonly type: 'bridge' | 'host' | 'null';
  readonly subnet: number;
}

/** What the cgroup and the interfaces count since the start; ns, bytes and counts. */
export interface Counters {
  atNano: bigint;
  readonly perCpuNs: number[];
  periods: number;
  throttledPeriods: number;
  throttledNs: number;
  anon: number;
  file: number;
  maxUsage: number;
  pgfault: number;
  readonly rx: number[];
  readonly tx: number[];
  readBytes: number;
  writeBytes: number;
  pids: number;
}

export interface LogEntry {
  readonly nano: bigint;
  readonly stream: 'stdout' | 'stderr';
  readonly text: string;
}

/** An event before it has a time. */
export interface EngineEvent {
  readonly type: string;
  readonly action: string;
  readonly id: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly scope?: 'local' | 'swarm';
  /** nanoseconds; default: now. Give it to publish events out of order or at the same time */
  readonly timeNano?: bigint;
}
