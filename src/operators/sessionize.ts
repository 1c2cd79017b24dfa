import { defer, type OperatorFunction } from 'rxjs';
import { checkOptions, whole } from '../core/check-options.ts';
import { defineOperator } from '../core/define-operator.ts';
import type { ContainerFacts } from '../records/container-facts.ts';
import type { ContainerStats } from '../records/container-stats.ts';
import type { DockerEvent } from '../records/docker-event.ts';
import {
  containerKey,
  isContainerEvent,
  isFacts,
  isReading,
  isRemoval,
} from '../records/container-records.ts';
import type { Session } from '../records/lifecycle.ts';
import { finding } from './emitting.ts';
import { keptMap } from './recent-map.ts';
import { isFromBefore, isStartOf, NEW_LIFE, sessionOf, withReading, type Life } from './sessionize/life.ts';

/** Options of {@link sessionize}. */
export interface SessionizeOptions {
  /** Containers remembered; those not heard of for longest are forgotten first. Default 10,000. */
  readonly maxContainers?: number;
}

/**
 * Tells of each life of a container once it is over: how long it was, how it ended, what it used.
 *
 * Merge events with stats: from the events come start, end, exit code and OOM, from the readings peak memory, CPU time
 * and bytes. Container facts tell the start of a life that began before. Passes every record on, at once, in order;
 * behind the `die` a {@link Session}, or behind the `start` or the removal that shows that a `die` was missed.
 * What is not known is absent. The figures are those of the readings that came before the `die`; a life shorter than
 * the time between two readings has none, and the peak of one reading a second misses what rose and fell between them.
 * In a run with checkpoints the lives under way outlive the process; in another they are told without their start.
 * Bounds: `maxContainers`. Of a container that is forgotten only what comes later is told.
 * Loss: none of the records; without checkpoints what is known of the lives under way, at the end of the run.
 *
 * @example
 * pipeline(
 *   'lives',
 *   from(dockerContainers(), dockerEvents(), dockerStats()),
 *   sessionize(),
 *   filter(({ kind }) => kind === 'session'),
 *   ndjsonFile({ path: 'data/lives.ndjson' }),
 * )
 */
export function sessionize<T>(options: SessionizeOptions = {}): OperatorFunction<T, T | Session> {
  checkOptions('sessionize', options, { maxContainers: whole });
  const { maxContainers = 10_000 } = options;
  return defineOperator(function sessionize(records, counts) {
    return defer(() => {
      const lives = lifeKeeper(maxContainers);
      return finding<T, Session>(records, counts, (record) => {
        if (isReading(record)) lives.read(record);
        else if (isFacts(record)) lives.know(record);
        else if (isContainerEvent(record)) return lives.hear(record);
        return undefined;
      });
    });
  });
}

interface LifeKeeper {
  readonly read: (reading: ContainerStats) => void;
  readonly know: (facts: ContainerFacts) => void;
  /** Returns the life that is over by it. */
  readonly hear: (event: DockerEvent) => Session | undefined;
}

function lifeKeeper(maxContainers: number): LifeKeeper {
  const lives = keptMap<Life>('sessionize', maxContainers);
  return {
    read(reading) {
      const key = containerKey(reading.host, reading.container.id);
      const known = lives.get(key);
      if (known !== undefined && isFromBefore(known, reading)) return;
      const life = known?.endedAt === undefined ? known : undefined;
      lives.set(key, withReading(life ?? NEW_LIFE, reading));
    },
    know(facts) {
      const { host, container, state, startedAt } = facts;
      if (startedAt === undefined || (state !== 'running' && state !== 'paused')) return;
      const key = containerKey(host, container.id);
      const life = lives.get(key) ?? NEW_LIFE;
      if (life.startedAt === undefined && life.endedAt === undefined && isStartOf(life, startedAt))
        lives.set(key, { ...life, startedAt });
    },
    hear(event) {
      const { host, id, action, time } = event;
      const key = containerKey(host, id);
      const known = lives.get(key);
      const life = known?.endedAt === undefined ? known : undefined;
      const synthetic = event.synthetic === true && { synthetic: true as const };
      if (action === 'die') {
        lives.set(key, { ...NEW_LIFE, endedAt: time });
        return sessionOf(life ?? NEW_LIFE, event);
      }
      if (action === 'oom' && known?.endedAt === undefined)
        lives.set(key, { ...(life ?? NEW_LIFE), oomKilled: true });
      if (action === 'start') {
        const isOwn = life !== undefined && isStartOf(life, time);
        lives.set(key, { ...(isOwn ? life : NEW_LIFE), startedAt: time, ...synthetic });
        if (life !== undefined && !isOwn) return sessionOf(life, event);
      }
      if (isRemoval(event)) {
        lives.delete(key);
        if (life !== undefined) return sessionOf(life, event);
      }
      return undefined;
    },
  };
}
