import { defer, type OperatorFunction } from 'rxjs';
import { callback, checkOptions, positive, whole } from '../core/check-options.ts';
import { defineOperator } from '../core/define-operator.ts';
import type { DockerEvent } from '../records/docker-event.ts';
import {
  aboutContainer,
  containerKey,
  isContainerEvent,
  isLogLine,
  isReading,
} from '../records/container-records.ts';
import type { Incident } from '../records/lifecycle.ts';
import { charsOf, history, readingIn, type History } from './correlate/histories.ts';
import { deadlines, waitMs } from './deadlines.ts';
import { emitting } from './emitting.ts';
import { recentMap } from './recent-map.ts';
import { recordTime, timeIn } from './record-time.ts';

/** Options of {@link correlate}. */
export interface CorrelateOptions {
  /** How far back readings and log lines are attached, in milliseconds of their time. Default 30,000. */
  readonly lastMs?: number;
  /** How long an incident waits for what comes later than its event, in milliseconds. Default 3,000: a `die` may be held for 2 s. */
  readonly settleMs?: number;
  /** Which events of containers are incidents. Default: `oom` and `die`. */
  readonly on?: (event: DockerEvent) => boolean;
  /** Readings kept of a container. Default 60. */
  readonly maxReadings?: number;
  /** Log lines kept of a container. Default 100. */
  readonly maxLines?: number;
  /** Characters of the log lines kept of a container. Default 65,536. */
  readonly maxChars?: number;
  /** Containers of which something is kept, and incidents that wait. Those not heard of for longest go first. Default 1,000. */
  readonly maxContainers?: number;
}

/** The log lines among the records `T`. */
export type LinesIn<T> = Extract<T, { readonly kind: 'log-line' }>;

/** An incident that waits for what comes late. */
interface Open<L> {
  readonly events: readonly DockerEvent[];
  readonly history: History<L>;
  readonly dueMs: number;
}

/** Events that one incident tells. */
const MAX_EVENTS = 16;

/**
 * Attaches to an `oom` or a `die` what went before: the container's last readings and log lines.
 *
 * Merge events with stats and logs; `derive` before it gives the readings their rates. Passes every record on, at once, in
 * order; and an {@link Incident} `settleMs` after the event, by the records' time, or by RxJS's clock while none comes,
 * and at completion. Until then what else happens to the container joins it: an `oom` and its `die` are one incident.
 * A further `oom` within `lastMs` is no incident of its own, before the container has died: engines tell several of one.
 * Of each reading only the figures are kept; lines are attached as they are. All are of the time before the last event.
 * Bounds: `maxContainers`, each with `maxReadings`, `maxLines` and `maxChars`; `cut` says where that was too little.
 * An incident beyond as many that wait is told early; of one only the first 16 events are told.
 * Loss: on an error, and at the end of the process, what waits: it is in no checkpoint.
 *
 * @example
 * pipeline(
 *   'post-mortem',
 *   from(dockerEvents(), dockerStats()),
 *   derive(),
 *   correlate({ lastMs: 60_000 }),
 *   filter(({ kind }) => kind === 'incident'),
 *   console(),
 * )
 */
export function correlate<T>(options: CorrelateOptions = {}): OperatorFunction<T, T | Incident<LinesIn<T>>> {
  checkOptions('correlate', options, {
    lastMs: positive,
    settleMs: waitMs,
    on: callback,
    maxReadings: whole,
    maxLines: whole,
    maxChars: whole,
    maxContainers: whole,
  });
  const { lastMs = 30_000, settleMs = 3_000, on = isOomOrDie, maxContainers = 1_000 } = options;
  const { maxReadings: readings = 60, maxLines: lines = 100, maxChars: chars = 65_536 } = options;
  type L = LinesIn<T>;
  return defineOperator(function correlate(records, counts) {
    return defer(() => {
      const histories = recentMap<History<L>>(maxContainers);
      const historyOf = (host: string, id: string): History<L> => {
        const key = containerKey(host, id);
        const own = histories.get(key) ?? history<L>({ readings, lines, chars });
        histories.set(key, own);
        return own;
      };
      return emitting<T, T | Incident<L>>(records, (emit) => {
        const open = deadlines<Open<L>>(maxContainers, (waiting) => {
          counts.added += 1;
          emit(incidentOf(waiting, lastMs));
        });
        const happens = (event: DockerEvent): void => {
          const key = containerKey(event.host, event.id);
          const own = historyOf(event.host, event.id);
          const waiting = open.get(key);
          const atMs = recordTime(event);
          const isRepeat = event.action === 'oom' && Math.abs(atMs - own.toldMs) < lastMs;
          if (waiting === undefined && isRepeat) return;
          own.toldMs = event.action === 'oom' ? atMs : -Infinity;
          const events = [...(waiting?.events ?? []), event].slice(0, MAX_EVENTS);
          open.set(key, { events, history: own, dueMs: waiting?.dueMs ?? atMs + settleMs }, atMs);
        };
        return {
          next(record) {
            if (!open.isEmpty()) open.reach(timeIn(record));
            emit(record);
            if (isReading(record)) {
              const { host, container } = record;
              historyOf(host, container.id).readings.push(readingIn(record), recordTime(record), 0);
            } else if (isLogLine(record)) {
              const { host, container } = record;
              historyOf(host, container.id).lines.push(record as L, recordTime(record), charsOf(record));
            } else if (isContainerEvent(record) && on(record)) happens(record);
          },
          complete: open.tellAll,
          release: open.release,
        };
      });
    });
  });
}

const isOomOrDie = ({ action }: DockerEvent): boolean => action === 'oom' || action === 'die';

function incidentOf<L>({ events, history: { readings, lines } }: Open<L>, lastMs: number): Incident<L> {
  const last = events.at(-1)!;
  const fromMs = recordTime(events[0]) - lastMs;
  const read = readings.between(fromMs, recordTime(last));
  const written = lines.between(fromMs, recordTime(last));
  return {
    kind: 'incident',
    ...aboutContainer(last),
    time: last.time,
    events,
    readings: read.items,
    lines: written.items,
    ...((read.isCut || written.isCut) && { cut: true }),
  };
}
