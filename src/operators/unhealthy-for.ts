import { defer, type OperatorFunction } from 'rxjs';
import { checkOptions, whole } from '../core/check-options.ts';
import { joinCheckpoints } from '../core/checkpoints.ts';
import { defineOperator } from '../core/define-operator.ts';
import type { Json } from '../core/types.ts';
import {
  aboutContainer,
  aboutRecord,
  containerKey,
  healthIn,
  isContainerEvent,
  isFacts,
  isRemoval,
} from '../records/container-records.ts';
import type { AboutContainer, Unhealthy } from '../records/lifecycle.ts';
import { deadlines, waitMs, type DeadlinesState } from './deadlines.ts';
import { emitting } from './emitting.ts';
import { keptMap } from './recent-map.ts';
import { recordTime, timeIn } from './record-time.ts';

/** Options of {@link unhealthyFor}. */
export interface UnhealthyForOptions {
  /** How long a container has to be unhealthy without a break, in milliseconds. Default 60,000. */
  readonly forMs?: number;
  /** Unhealthy containers remembered; those that are so for longest are forgotten first. Default 10,000. */
  readonly maxContainers?: number;
}

/** A container that is unhealthy, and when that will have been for long. */
interface Spell {
  readonly about: AboutContainer;
  readonly since: string;
  readonly dueMs: number;
}

/**
 * Tells of containers that stay unhealthy.
 *
 * Passes every record on, at once, in order; and an {@link Unhealthy} once a container has been told to be unhealthy
 * for `forMs`, once until it is healthy, dead or started again. Time is the records' own, of whatever kind: merge stats
 * to keep it going. While none comes it is RxJS's clock: a host on which nothing happens is told of as well. What makes
 * a container healthy and waits upstream, behind a full sink, comes too late then.
 * Reads `health_status` of events, and the health in container facts, which knows of those that were unhealthy before.
 * In a run with checkpoints what waits outlives the process; the time in between counts with the next record.
 * Bounds: `maxContainers` waiting and as many told. One that is forgotten while it waits is not told of.
 * Loss: none of the records; what waits, on an error, in a run without checkpoints.
 *
 * @example
 * pipeline(
 *   'ill',
 *   from(dockerContainers(), dockerEvents()),
 *   unhealthyFor({ forMs: 120_000 }),
 *   filter(({ kind }) => kind === 'unhealthy'),
 *   console(),
 * )
 */
export function unhealthyFor<T>(options: UnhealthyForOptions = {}): OperatorFunction<T, T | Unhealthy> {
  checkOptions('unhealthyFor', options, { forMs: waitMs, maxContainers: whole });
  const { forMs = 60_000, maxContainers = 10_000 } = options;
  return defineOperator(function unhealthyFor(records, counts) {
    return defer(() => {
      const told = keptMap<true>('unhealthyFor', maxContainers);
      return emitting<T, T | Unhealthy>(records, (emit) => {
        const waiting = deadlines<Spell>(maxContainers, ({ about, since, dueMs }, isDue) => {
          if (!isDue) return;
          told.set(containerKey(about.host, about.container.id), true);
          counts.added += 1;
          emit({ kind: 'unhealthy', ...about, time: new Date(dueMs).toISOString(), since });
        });
        const kept = joinCheckpoints('unhealthyFor', { snapshot: () => waiting.read() as unknown as Json });
        if (kept?.restored !== undefined) waiting.restore(kept.restored as unknown as DeadlinesState<Spell>);
        return {
          next(record) {
            if (!waiting.isEmpty()) waiting.reach(timeIn(record));
            emit(record);
            const heard = healthOf(record);
            if (heard === undefined) return;
            const { about, isUnhealthy, time } = heard;
            const key = containerKey(about.host, about.container.id);
            if (!isUnhealthy) {
              told.delete(key);
              waiting.delete(key);
            } else if (waiting.get(key) === undefined && told.get(key) === undefined) {
              const atMs = recordTime(record);
              waiting.set(key, { about, since: time, dueMs: atMs + forMs }, atMs);
            }
          },
          release: waiting.release,
        };
      });
    });
  });
}

interface Heard {
  readonly about: AboutContainer;
  readonly isUnhealthy: boolean;
  readonly time: string;
}

/** What a record says of a container's health, if it does: one that ends or starts is not unhealthy. */
function healthOf(record: unknown): Heard | undefined {
  if (isContainerEvent(record)) {
    const health = healthIn(record);
    const isNew = record.action === 'start' || record.action === 'die' || isRemoval(record);
    if (health === undefined && !isNew) return undefined;
    return { about: aboutContainer(record), isUnhealthy: health === 'unhealthy', time: record.time };
  }
  if (!isFacts(record)) return undefined;
  return { about: aboutRecord(record), isUnhealthy: record.health === 'unhealthy', time: record.time };
}
