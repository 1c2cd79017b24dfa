import type { ContainerInfo, ContainerStats } from './container-stats.ts';
import type { DockerEvent } from './docker-event.ts';
import type { AboutContainer } from './lifecycle.ts';

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

/** What a health check has found; `none`: the container has no check. */
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
