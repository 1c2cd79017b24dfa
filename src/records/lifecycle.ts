import type { ContainerInfo, ContainerStats } from './container-stats.ts';
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

export const isContainerEvent = (record: unknown): record is DockerEvent =>
  kindOf(record) === 'docker-event' && (record as DockerEvent).type === 'container';

export const isReading = (record: unknown): record is ContainerStats => kindOf(record) === 'container-stats';

export const kindOf = (record: unknown): unknown => (record as { readonly kind?: unknown } | null)?.kind;

/** One container of one engine, as a key. */
export const containerKey = (host: string, id: string): string => `${host} ${id}`;

/** Whose event it is. */
export function aboutContainer({ host, simulated, id, attributes }: DockerEvent): AboutContainer {
  const { name = id.slice(0, 12), image = '' } = attributes;
  return { host, ...(simulated && { simulated }), container: { id, name, image } };
}

/** Whose reading it is, or of whom these are the facts. */
export function aboutRecord({
  host,
  simulated,
  container,
}: ContainerStats | FactsOfContainer): AboutContainer {
  const { id, name, image } = container;
  return { host, ...(simulated && { simulated }), container: { id, name, image } };
}

/** Of a `die`; undefined where nobody knows. */
export function exitCodeOf({ exit, attributes }: DockerEvent): number | undefined {
  if (exit !== undefined) return exit.code;
  const { exitCode } = attributes;
  return exitCode !== undefined && /^\d+$/.test(exitCode) ? Number(exitCode) : undefined;
}

/** Docker's word for it, and Podman's. */
export const isRemoval = ({ action }: DockerEvent): boolean => action === 'destroy' || action === 'remove';

export type Health = 'none' | 'starting' | 'healthy' | 'unhealthy';

/** What a `health_status` says; undefined for all other events. */
export function healthIn({ action }: DockerEvent): Health | undefined {
  return action.startsWith(HEALTH) ? (action.slice(HEALTH.length) as Health) : undefined;
}

const HEALTH = 'health_status: ';

/** What is known of a container, as sources of facts tell it: so much of it is read here. */
export interface FactsOfContainer {
  readonly kind: 'container-facts';
  readonly host: string;
  readonly simulated?: true;
  readonly time: string;
  readonly container: ContainerInfo;
  readonly health?: Health;
  /** The engine's word. */
  readonly state?: string;
  /** Of the last run. */
  readonly startedAt?: string;
}

export const isFacts = (record: unknown): record is FactsOfContainer => kindOf(record) === 'container-facts';

/** A line that a container wrote, as sources of logs tell it: so much of it is read here. */
export interface LogLineOfContainer {
  readonly kind: 'log-line';
  readonly host: string;
  /** RFC 3339. */
  readonly time: string;
  readonly container: { readonly id: string };
}

export const isLogLine = (record: unknown): record is LogLineOfContainer => kindOf(record) === 'log-line';

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
