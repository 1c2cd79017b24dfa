import { nanoDigitsOf } from '../records/rfc3339.ts';

/** When the virtual time of a test begins. */
const BEGIN = Date.UTC(2026, 0, 1);

/** On records made without a time: copies keep it, JSON and printing leave it out. */
const untimed = Symbol.for('dockrx.untimed');

/** What tests give a time. */
export interface Dated {
  readonly kind: string;
  readonly time: string;
}

/** A moment of a test as the engine writes it: RFC 3339, UTC, nine digits of fraction. */
export const timeAt = (ms: number): string => `${new Date(BEGIN + ms).toISOString().slice(0, -1)}000000Z`;

export const isUntimed = (value: unknown): value is Dated =>
  typeof value === 'object' && value !== null && untimed in value;

/** A record with the time it was made with, or marked as one that has none yet. */
export function dated<R extends Dated>(record: R, time: string | undefined): R {
  return time === undefined ? { ...at(record, timeAt(0)), [untimed]: true } : at(record, time);
}

/** The record at that time; the mark is gone. */
export function timed<R extends Dated>(record: R, time: string): R {
  const placed = at(record, time);
  Reflect.deleteProperty(placed, untimed);
  return placed;
}

/** A time stands in several fields of some records. */
function at<R extends Dated>(record: R, time: string): R {
  const { stats } = record as { readonly stats?: object };
  return {
    ...record,
    time,
    ...(record.kind === 'docker-event' && { timeNano: nanoDigitsOf(time) }),
    ...(stats !== undefined && { stats: { ...stats, read: time } }),
  };
}
