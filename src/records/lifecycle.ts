import type { Derived } from './derived-stats.ts';
import type { DockerEvent } from './docker-event.ts';

/** A container as its events name it. */
export interface NamedContainer {
  readonly id: string;
  readonly name: string;
  readonly image: string;
}

/** What was found out about one container from what its engine said. */
export interface AboutContainer {
  /** Which engine said it. */
  readonly host: string;
  /** Present and true on records of the simulated engine. */
  readonly simulated?: true;
  readonly container: NamedContainer;
}

/** A container dies again and again. */
export interface CrashLoop extends AboutContainer {
  readonly kind: 'crash-loop';
  /** Of the last of these deaths: RFC 3339. */
  readonly time: string;
  /** Of the first of them. */
  readonly since: string;
  readonly deaths: number;
  /** Of these deaths, in their order; those nobody knows are left out. */
  readonly exitCodes: readonly number[];
}

/** A container's health goes to and fro. */
export interface Flap extends AboutContainer {
  readonly kind: 'flap';
  /** Of the last of these changes: RFC 3339. */
  readonly time: string;
  /** Of the first of them. */
  readonly since: string;
  readonly changes: number;
  /** What it has changed to. */
  readonly health: 'healthy' | 'unhealthy';
}

/** A container has been unhealthy for long. */
export interface Unhealthy extends AboutContainer {
  readonly kind: 'unhealthy';
  /** `since` and the time that it was to wait: RFC 3339. */
  readonly time: string;
  /** When it was told to be unhealthy: it may have been so before, where that was not seen. */
  readonly since: string;
}

/** One life of a container, from a start to the death: told when it ends. Absent is unknown. */
export interface Session extends AboutContainer {
  readonly kind: 'session';
  /** Present and true where the engine did not say when it began or ended: see {@link DockerEvent}. */
  readonly synthetic?: true;
  /** When it ended; where its end was not seen, when that was noticed. RFC 3339. */
  readonly time: string;
  readonly startedAt?: string;
  readonly endedAt?: string;
  readonly durationSeconds?: number;
  readonly exitCode?: number;
  /** Some process of it was killed for want of memory. */
  readonly oomKilled?: boolean;
  /** How many readings the figures below are of. */
  readonly readings: number;
  /** The largest of the readings, each as `docker stats` shows it. */
  readonly peakMemoryBytes?: number;
  /** Totals of the life, as the last reading had them: what came behind it is missing. */
  readonly cpuSeconds?: number;
  readonly networkRxBytes?: number;
  readonly networkTxBytes?: number;
  readonly blockReadBytes?: number;
  readonly blockWriteBytes?: number;
}

/** What happened to a container and what went before: `oom` and `die` with the readings and log lines of the last seconds. */
export interface Incident<L> extends AboutContainer {
  readonly kind: 'incident';
  /** Of the last of the events. */
  readonly time: string;
  /** What happened within a moment: an `oom` and the `die` behind it, for instance. */
  readonly events: readonly DockerEvent[];
  /** The oldest first. */
  readonly readings: readonly IncidentReading[];
  readonly lines: readonly L[];
  /** Present and true where there was more in that time than the bounds allow: the oldest is missing. */
  readonly cut?: true;
}

/** The figures of one reading. */
export interface IncidentReading extends Derived {
  readonly time: string;
}
