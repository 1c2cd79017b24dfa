/** What happened on a container engine: `GET /events` of the Docker Engine API, one object a line. */
export interface DockerEvent {
  readonly kind: 'docker-event';
  /** Which engine said it. */
  readonly host: string;
  /** Present and true on records of the simulated engine. */
  readonly simulated?: true;
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
  /** The engine's attributes and the labels allowed. A label may shadow an attribute of the same name. */
  readonly attributes: Readonly<Record<string, string>>;
  /** local or swarm; empty when the engine does not say. */
  readonly scope: string;
}
