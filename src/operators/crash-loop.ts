import { defer, type OperatorFunction } from 'rxjs';
import { callback, checkOptions, positive, whole } from '../core/check-options.ts';
import { defineOperator } from '../core/define-operator.ts';
import type { DockerEvent } from '../records/docker-event.ts';
import {
  aboutContainer,
  containerKey,
  exitCodeOf,
  isContainerEvent,
  isRemoval,
} from '../records/container-records.ts';
import type { CrashLoop } from '../records/lifecycle.ts';
import { withHappening, type Burst, type Happening } from './burst.ts';
import { finding } from './emitting.ts';
import { keptMap } from './recent-map.ts';
import { recordTime } from './record-time.ts';

/** Options of {@link crashLoop}. */
export interface CrashLoopOptions {
  /** So many deaths are a crash loop. Default 3. */
  readonly deaths?: number;
  /** When they come within so many milliseconds, by the events' time. Default 300,000: engines restart once a minute at least. */
  readonly withinMs?: number;
  /** Whose deaths are counted together. Default: a container's; a label where each restart is a new one, as in Swarm. */
  readonly key?: (event: DockerEvent) => string;
  /** Keys remembered; those whose last death is longest ago are forgotten first. Default 10,000. */
  readonly maxKeys?: number;
}

interface Death extends Happening {
  readonly time: string;
  readonly code?: number;
}

/**
 * Tells of containers that die again and again.
 *
 * Passes every record on, at once, in order; behind the `die` that makes it one, a {@link CrashLoop}. It is told once, and
 * again only when deaths have become rarer in between. Any exit code counts. Deaths that somebody asked for do not:
 * those behind a `kill` that ends, which is what `docker stop` and `docker kill` begin with. Podman tells no kill when it
 * stops or restarts a container: there such a death counts.
 * In a run with checkpoints the deaths counted outlive the process.
 * Bounds: `maxKeys` keys, each with `deaths` deaths. A key that is forgotten starts anew.
 * Loss: none of the records; without checkpoints what was counted, at the end of the run.
 *
 * @example
 * pipeline(
 *   'pager',
 *   dockerEvents(),
 *   crashLoop({ deaths: 5, withinMs: 600_000 }),
 *   filter(({ kind }) => kind === 'crash-loop'),
 *   console(),
 * )
 */
export function crashLoop<T>(options: CrashLoopOptions = {}): OperatorFunction<T, T | CrashLoop> {
  checkOptions('crashLoop', options, { deaths: whole, withinMs: positive, key: callback, maxKeys: whole });
  const { deaths: count = 3, withinMs = 300_000, key = keyOf, maxKeys = 10_000 } = options;
  return defineOperator(function crashLoop(records, counts) {
    return defer(() => {
      const bursts = keptMap<Burst<Death>>('crashLoop', maxKeys);
      const killed = keptMap<true>('crashLoop', maxKeys);
      const loopWith = (event: DockerEvent): CrashLoop | undefined => {
        const own = key(event);
        const before = bursts.get(own);
        const code = exitCodeOf(event);
        const death = { atMs: recordTime(event), time: event.time, ...(code !== undefined && { code }) };
        const burst = withHappening(before, death, { count, withinMs });
        bursts.set(own, burst);
        return burst.isFull && before?.isFull !== true ? crashLoopOf(event, burst.last) : undefined;
      };
      return finding<T, CrashLoop>(records, counts, (record) => {
        if (!isContainerEvent(record)) return undefined;
        const own = keyOf(record);
        if (record.action === 'start' || isRemoval(record)) killed.delete(own);
        else if (isEndingKill(record)) killed.set(own, true);
        else if (record.action === 'die' && killed.get(own) === undefined) return loopWith(record);
        return undefined;
      });
    });
  });
}

const keyOf = ({ host, id }: DockerEvent): string => containerKey(host, id);

/** HUP, USR1, USR2, CHLD, CONT, URG, WINCH: those that a program is told something by. Podman names none. */
const TALKING_SIGNALS: ReadonlySet<string | undefined> = new Set(['1', '10', '12', '17', '18', '23', '28']);

const isEndingKill = ({ action, attributes }: DockerEvent): boolean =>
  action === 'kill' && !TALKING_SIGNALS.has(attributes['signal']);

function crashLoopOf(event: DockerEvent, deaths: readonly Death[]): CrashLoop {
  return {
    kind: 'crash-loop',
    ...aboutContainer(event),
    time: event.time,
    since: deaths[0]!.time,
    deaths: deaths.length,
    exitCodes: deaths.flatMap(({ code }) => (code === undefined ? [] : [code])),
  };
}
