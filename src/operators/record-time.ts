/**
 * When a record is of, in milliseconds since the epoch: its `time` or `@timestamp`, RFC 3339.
 *
 * @throws TypeError for a record that has neither: give the operator a `timeOf` then.
 */
export function recordTime(record: unknown): number {
  const ms = timeIn(record);
  if (Number.isNaN(ms)) throw new TypeError('a record has no readable time or @timestamp: give a timeOf');
  return ms;
}

/** The same, and NaN for a record that has neither. */
export function timeIn(record: unknown): number {
  const { time, '@timestamp': timestamp } = (record ?? {}) as Record<string, unknown>;
  return Date.parse(String(time ?? timestamp));
}
