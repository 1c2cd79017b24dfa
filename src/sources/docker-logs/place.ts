import { createHash } from 'node:crypto';
import type { Cursor } from '../../core/define-source.ts';
import type { Json } from '../../core/types.ts';
import { checkedPlace } from './kept-place.ts';
import type { StreamName } from './pieces.ts';

/** How far one stream of a container has been read: behind its last line. */
export interface Mark {
  readonly time: string;
  /** How many lines of that time there were: Podman's times are whole seconds. */
  readonly count: number;
  /** Of the last of them, or a digest of it. */
  readonly text: string;
  /** The latest time there was before, where the engine's clock has been set back since. */
  readonly high?: string;
}

/** What is known of the log of a container. */
export interface LogState {
  name: string;
  /** When the run that was read last had begun, and whether its end has been read. */
  run: string;
  isRead: boolean;
  marks: Partial<Record<StreamName, Mark>>;
}

/** How far a source has come. Outside of any subscription: subscribing again reads on from here. */
export interface LogsPlace {
  readonly cursor: Cursor;
  /** Lines before are none of ours: RFC 3339, UTC. Undefined before the first connect. */
  from: string | undefined;
  /** By id. */
  readonly logs: Map<string, LogState>;
}

export function logsPlace(): LogsPlace {
  const place: LogsPlace = {
    cursor: {
      read: () =>
        place.from === undefined
          ? undefined
          : {
              from: place.from,
              logs: Object.fromEntries([...place.logs].map(([id, state]) => [id, keptState(state)])),
            },
      restore(kept) {
        const { from, logs } = checkedPlace(kept);
        place.from = from;
        place.logs.clear();
        for (const [id, state] of logs) place.logs.set(id, state);
      },
    },
    from: undefined,
    logs: new Map(),
  };
  return place;
}

const keptState = ({ name, run, isRead, marks }: LogState): Json => ({
  name,
  run,
  ...(isRead && { read: true }),
  ...Object.fromEntries(
    Object.entries(marks).map(([stream, mark]) => [stream, { ...mark, text: shortOf(mark.text) }]),
  ),
});

const SHORT = 64;
const LONG = 4_096;

/** A text as it is compared and kept: itself, or a digest of it. The same for what is short already. */
export const shortOf = (text: string): string =>
  text.length <= SHORT ? text : createHash('sha1').update(text).digest('base64');

/** The mark behind a line that follows another. */
export function markBehind(before: Mark | undefined, time: string, text: string): Mark {
  const count = before?.time === time ? before.count + 1 : 1;
  const last = before?.high ?? before?.time;
  return {
    time,
    count,
    text: text.length > LONG ? shortOf(text) : text,
    ...(last !== undefined && last > time && { high: last }),
  };
}

/** The latest time that has been read of a log. */
export const lastOf = ({ marks: { stdout, stderr } }: LogState): string | undefined =>
  (stdout?.time ?? '') > (stderr?.time ?? '') ? stdout?.time : stderr?.time;
