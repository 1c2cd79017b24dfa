import type { ContainerFacts } from './container-facts.ts';
import type { ContainerStats } from './container-stats.ts';
import type { DockerEvent } from './docker-event.ts';
import type { AboutContainer } from './lifecycle.ts';
import type { LogLine } from './log-line.ts';

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
export function aboutRecord({ host, simulated, container }: ContainerStats | ContainerFacts): AboutContainer {
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

export type Health = ContainerFacts['health'];

/** What a `health_status` says; undefined for all other events. */
export function healthIn({ action }: DockerEvent): Health | undefined {
  return action.startsWith(HEALTH) ? (action.slice(HEALTH.length) as Health) : undefined;
}

const HEALTH = 'health_status: ';

export const isFacts = (record: unknown): record is ContainerFacts => kindOf(record) === 'container-facts';

export const isLogLine = (record: unknown): record is LogLine => kindOf(record) === 'log-line';
