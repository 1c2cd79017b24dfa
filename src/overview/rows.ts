import type { ContainerFacts, ContainerStatus } from '../records/container-facts.ts';
import type { Health } from '../records/container-records.ts';
import type { Derived } from '../records/derived-stats.ts';

/** A container as people are shown it; what is not known is absent. */
export interface ContainerRow {
  readonly id: string;
  readonly host: string;
  readonly name: string;
  readonly image: string;
  /** Of compose; empty where it has none. */
  readonly project: string;
  readonly service: string;
  readonly state: ContainerStatus;
  readonly health: Health;
  readonly startedMs: number | undefined;
  readonly exitCode: number | undefined;
  readonly restarts: number | undefined;
  /** A process of its last run was killed for want of memory. */
  readonly isOomKilled: boolean;
  readonly isCrashLooping: boolean;
  /** The newest reading; empty while it does not run, or has none. */
  readonly now: Derived;
}

/** Where compose has put it. */
export const placeOf = (
  labels: Readonly<Record<string, string>>,
): Pick<ContainerRow, 'project' | 'service'> => ({
  project: labels['com.docker.compose.project'] ?? '',
  service: labels['com.docker.compose.service'] ?? '',
});

/** A row of what is told of a container, as yet without a reading. */
export function rowOfFacts(facts: ContainerFacts, isCrashLooping: boolean): ContainerRow {
  const { host, container, state, health, exitCode, restartCount, oomKilled, startedAt } = facts;
  const { id, name, image, labels } = container;
  return {
    ...{ id, host, name, image, ...placeOf(labels), state, health, exitCode, isCrashLooping },
    startedMs: startedAt === undefined ? undefined : Date.parse(startedAt),
    ...{ restarts: restartCount, isOomKilled: oomKilled, now: {} },
  };
}

/** A reading that is older is none: the longest period of an engine is 5 s. */
export const STALE_MS = 15_000;

export const isUp = ({ state }: Pick<ContainerRow, 'state'>): boolean =>
  state === 'running' || state === 'paused';

export const uptimeSeconds = (row: ContainerRow, nowMs: number): number | undefined =>
  isUp(row) && row.startedMs !== undefined ? Math.max(0, nowMs - row.startedMs) / 1_000 : undefined;

/** Bytes a second, in and out. */
export const networkOf = ({ now }: ContainerRow): number | undefined =>
  sum(now.networkRxBytesPerSecond, now.networkTxBytesPerSecond);
export const blockOf = ({ now }: ContainerRow): number | undefined =>
  sum(now.blockReadBytesPerSecond, now.blockWriteBytesPerSecond);

const sum = (one: number | undefined, other: number | undefined): number | undefined =>
  one === undefined && other === undefined ? undefined : (one ?? 0) + (other ?? 0);
