/** What happened on a container engine: `GET /events` of the Docker Engine API, one object a line. */
export interface DockerEvent {
  readonly kind: 'docker-event';
  /** Which engine said it. */
  readonly host: string;
  /** Present and true on records of the simulated engine. */
  readonly simulated?: true;
  /**
   * Present and true where the engine did not say it: it was worked out from the list of containers after an absence,
   * because it must have happened. Its time is the container's own where that is known, else when it was noticed.
   */
  readonly synthetic?: true;
  /** When, by the engine's clock: RFC 3339, UTC, nine digits of fraction. */
  readonly time: string;
  /** The same as nanoseconds since the epoch: decimal digits, for they exceed 2^53. */
  readonly timeNano: string;
  /** container, image, volume, network, plugin, daemon, builder, service, node, secret, config. */
  readonly type: string;
  /** start, die, oom, health_status: healthy … Command lines behind exec_create and exec_start are cut off by default. */
  readonly action: string;
  /** The actor's id; a name for volumes and images; empty for prunes. */
  readonly id: string;
  /** The engine's attributes and the labels allowed. A label may shadow an attribute of the same name: see `exit`. */
  readonly attributes: Readonly<Record<string, string>>;
  /** local or swarm; empty when the engine does not say. */
  readonly scope: string;
  /** How a container's run ended: `die` of containers, unless the source was told not to ask. */
  readonly exit?: ContainerExit;
}

/** How a container's run ended, as far as the engine can still tell. */
export interface ContainerExit {
  /** As `exitCode` in `attributes`; absent where nobody knows it any more. */
  readonly code?: number;
  /** The engine's flag: a process of the container was killed for want of memory. Absent when it could not be asked. */
  readonly oomKilled?: boolean;
  /**
   * False: the code is the event's own, for the container was gone or ran again before it could be asked, and a label
   * named `exitCode` may stand in its place. True: nothing can have falsified it.
   */
  readonly verified: boolean;
}
