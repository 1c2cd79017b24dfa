import { asyncScheduler, defer, type OperatorFunction, type Subscription } from 'rxjs';
import { checkOptions, whole } from '../core/check-options.ts';
import { joinCheckpoints } from '../core/checkpoints.ts';
import { defineOperator } from '../core/define-operator.ts';
import type { Json } from '../core/types.ts';
import { containerKey, isLogLine } from '../records/container-records.ts';
import type { LogLine } from '../records/log-line.ts';
import { waitMs as wait } from './deadlines.ts';
import { emitting } from './emitting.ts';

/** Options of {@link joinLines}. */
export interface JoinLinesOptions {
  /** Which lines begin a record; all others belong to the one before. Default `/^\S/`: those that are not indented. */
  readonly starts?: RegExp | ((text: string) => boolean);
  /** Lines of one record. Default 500. */
  readonly maxLines?: number;
  /** Characters of one record. Default 262,144. */
  readonly maxChars?: number;
  /** How long after its first line a record waits for more, in milliseconds. Default 1,000. */
  readonly waitMs?: number;
  /** Streams of containers of which a record is held; the one held for longest is told first. Default 10,000. */
  readonly maxStreams?: number;
}

/** A record in which lines may have been joined: then it says how many. */
export type Joined<T> = T & { readonly lines?: number };

/** A record under way. */
interface Group {
  readonly first: LogLine;
  readonly texts: string[];
  chars: number;
  truncatedBytes: number;
  isUnfinished: boolean;
  /** When its first line came, by RxJS's clock. */
  readonly heldMs: number;
}

/**
 * Joins lines that belong together, a stack trace above all, of each stream of each container for itself.
 *
 * Emits log lines with the time of the first, their texts joined by newlines and `lines` where there are several; all
 * other records at once. A record is held until the next begins, until it is full, or until `waitMs` after its first line:
 * by the times of the stream's own lines, so that a log read late is joined as it would have been, and by RxJS's clock
 * where none comes.
 * In a run with checkpoints what is held outlives the process.
 * Bounds: `maxStreams`, each with one record of `maxLines` and `maxChars`. What is beyond begins a record of its own.
 * Loss: on an error, what is held.
 *
 * @example pipeline('traces', dockerLogs(), joinLines({ starts: /^\d{4}-/ }), ndjsonFile({ path: 'data/logs.ndjson' }))
 */
export function joinLines<T>(options: JoinLinesOptions = {}): OperatorFunction<T, Joined<T>> {
  checkOptions('joinLines', options, {
    starts: (value) =>
      typeof value === 'function' ||
      (value instanceof RegExp && !value.global && !value.sticky) ||
      'a pattern without the flags g and y, or a function of a text',
    maxLines: whole,
    maxChars: whole,
    waitMs: wait,
    maxStreams: whole,
  });
  const { starts = /^\S/, maxLines = 500, maxChars = 262_144, waitMs = 1_000, maxStreams = 10_000 } = options;
  const begins = typeof starts === 'function' ? starts : (text: string): boolean => starts.test(text);
  const belongs = ({ first, texts, chars }: Group, { text, time }: LogLine): boolean =>
    !begins(text) &&
    texts.length < maxLines &&
    chars + text.length <= maxChars &&
    Date.parse(time) - Date.parse(first.time) <= waitMs;
  return defineOperator(function joinLines(records, counts) {
    return defer(() =>
      emitting<T, Joined<T>>(records, (emit) => {
        const held = new Map<string, Group>();
        let timer: Subscription | undefined;

        const tell = (key: string, group: Group): void => {
          held.delete(key);
          counts.held -= 1;
          emit(recordOf(group) as unknown as Joined<T>);
        };
        const tellDue = (): void => {
          timer = undefined;
          for (const [key, group] of held) {
            if (group.heldMs + waitMs > asyncScheduler.now()) break;
            tell(key, group);
          }
          arm();
        };
        const arm = (): void => {
          const [oldest] = held.values();
          if (oldest !== undefined)
            timer ??= asyncScheduler.schedule(tellDue, oldest.heldMs + waitMs - asyncScheduler.now());
        };
        const hold = (key: string, group: Group): void => {
          held.set(key, group);
          counts.held += 1;
          const [oldest] = held;
          if (held.size > maxStreams && oldest !== undefined) tell(...oldest);
          arm();
        };
        const kept = joinCheckpoints('joinLines', { snapshot: () => snapshotOf(held) });
        for (const [key, group] of (kept?.restored ?? []) as unknown as readonly [string, Group][]) {
          counts.added += 1;
          hold(key, { ...group, heldMs: asyncScheduler.now() });
        }
        return {
          next(record) {
            if (!isLogLine(record)) {
              emit(record as Joined<T>);
              return;
            }
            const key = `${containerKey(record.host, record.container.id)} ${record.stream}`;
            const group = held.get(key);
            if (group !== undefined && belongs(group, record)) {
              counts.aggregated += 1;
              add(group, record);
              return;
            }
            if (group !== undefined) tell(key, group);
            hold(key, add({ ...NONE, first: record, texts: [], heldMs: asyncScheduler.now() }, record));
          },
          complete: () => {
            for (const [key, group] of held) tell(key, group);
          },
          release: () => timer?.unsubscribe(),
        };
      }),
    );
  });
}

const NONE = { chars: 0, truncatedBytes: 0, isUnfinished: false };

function add(group: Group, { text, unfinished, truncatedBytes = 0 }: LogLine): Group {
  group.texts.push(text);
  group.chars += text.length;
  group.truncatedBytes += truncatedBytes;
  group.isUnfinished = unfinished === true;
  return group;
}

function recordOf({ first, texts, truncatedBytes, isUnfinished }: Group): Joined<LogLine> {
  return texts.length === 1
    ? first
    : {
        ...first,
        text: texts.join('\n'),
        lines: texts.length,
        ...(isUnfinished && { unfinished: true as const }),
        ...(truncatedBytes > 0 && { truncatedBytes }),
      };
}

/** A copy: a checkpoint is written after it was taken. */
const snapshotOf = (held: ReadonlyMap<string, Group>): Json =>
  [...held].map(([key, group]) => [key, { ...group, texts: [...group.texts] }]) as unknown as Json;
