import { defer, type OperatorFunction } from 'rxjs';
import { checkOptions, positive, whole } from '../core/check-options.ts';
import { defineOperator } from '../core/define-operator.ts';
import { aboutContainer, containerKey, healthIn, isContainerEvent } from '../records/container-records.ts';
import type { Flap } from '../records/lifecycle.ts';
import { withHappening, type Burst, type Happening } from './burst.ts';
import { finding } from './emitting.ts';
import { keptMap } from './recent-map.ts';
import { recordTime } from './record-time.ts';

/** Options of {@link flap}. */
export interface FlapOptions {
  /** So many changes between healthy and unhealthy are flapping. Default 4: twice down and up again. */
  readonly changes?: number;
  /** When they come within so many milliseconds, by the events' time. Default 600,000. */
  readonly withinMs?: number;
  /** Containers remembered; those whose health was told longest ago are forgotten first. Default 10,000. */
  readonly maxContainers?: number;
}

interface Change extends Happening {
  readonly time: string;
}

interface Known {
  readonly health: Flap['health'];
  readonly burst: Burst<Change>;
}

/**
 * Tells of containers whose health goes to and fro, by their health checks.
 *
 * Passes every record on, at once, in order; behind the `health_status` that makes it one, a {@link Flap}. It is told
 * once, and again only when changes have become rarer in between. The first health that is heard of is no change, and
 * neither is `starting`; a restart in between does not matter.
 * In a run with checkpoints the changes counted outlive the process.
 * Bounds: `maxContainers`, each with `changes` changes. A container that is forgotten starts anew.
 * Loss: none of the records; without checkpoints what was counted, at the end of the run.
 *
 * @example
 * pipeline(
 *   'flapping',
 *   dockerEvents(),
 *   flap({ changes: 6 }),
 *   filter(({ kind }) => kind === 'flap'),
 *   console(),
 * )
 */
export function flap<T>(options: FlapOptions = {}): OperatorFunction<T, T | Flap> {
  checkOptions('flap', options, { changes: whole, withinMs: positive, maxContainers: whole });
  const { changes: count = 4, withinMs = 600_000, maxContainers = 10_000 } = options;
  return defineOperator(function flap(records, counts) {
    return defer(() => {
      const containers = keptMap<Known>('flap', maxContainers);
      return finding<T, Flap>(records, counts, (record) => {
        if (!isContainerEvent(record)) return undefined;
        const health = healthIn(record);
        if (health !== 'healthy' && health !== 'unhealthy') return undefined;
        const key = containerKey(record.host, record.id);
        const before = containers.get(key);
        const { time } = record;
        const burst =
          before === undefined || before.health === health
            ? (before?.burst ?? NONE)
            : withHappening(before.burst, { atMs: recordTime(record), time }, { count, withinMs });
        containers.set(key, { health, burst });
        if (!burst.isFull || before?.burst.isFull !== false) return undefined;
        const since = burst.last[0]!.time;
        return { kind: 'flap', ...aboutContainer(record), time, since, changes: count, health };
      });
    });
  });
}

const NONE: Burst<Change> = { last: [], isFull: false };
