import { createHash } from 'node:crypto';
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
