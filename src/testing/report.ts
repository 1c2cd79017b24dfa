import { inspect } from 'node:util';
import { differences, fieldsOf, MISSING } from './differences.ts';
import type { Moment, Played } from './play.ts';

/** What is expected to reach the sinks; without a time where it may come at any. */
export interface Expected {
  readonly records: readonly { readonly ms?: number; readonly value: unknown }[];
  readonly endMs?: number | undefined;
}

type ExpectedRecord = Expected['records'][number];

const MAX_SHOWN = 10;
const MAX_FIELDS = 8;

/** What is not as expected, a line each; nothing where all is. */
export function report(came: Played, expected: Expected): readonly string[] {
  const { moments } = came;
  const { records } = expected;
  const isRight = (moment: Moment | undefined, record: ExpectedRecord | undefined): boolean =>
    moment !== undefined && record !== undefined && linesOf(moment, record).length === 0;
  const shorter = Math.min(moments.length, records.length);
  let head = 0;
  while (head < shorter && isRight(moments[head], records[head])) head += 1;
  let tail = 0;
  while (tail < shorter - head && isRight(moments.at(-1 - tail), records.at(-1 - tail))) tail += 1;

  const [cameHere, expectedHere] = [moments.length - tail, records.length - tail];
  const wrong: string[][] = [];
  for (let i = head; i < Math.max(cameHere, expectedHere); i += 1) {
    const moment = i < cameHere ? moments[i] : undefined;
    const record = i < expectedHere ? records[i] : undefined;
    if (moment === undefined)
      wrong.push([`- record ${i + 1}${placeOf(record!)} is missing: ${shown(record!.value)}`]);
    else if (record === undefined)
      wrong.push([`+ record ${i + 1} at ${moment.ms} ms was not expected: ${shown(moment.record)}`]);
    else if (!isRight(moment, record))
      wrong.push([`~ record ${i + 1} at ${moment.ms} ms:`, ...linesOf(moment, record)]);
  }
  return [
    ...(wrong.length > 0 && head > 0
      ? [`= ${head === 1 ? 'record 1 is' : `records 1 to ${head} are`} as expected`]
      : []),
    ...wrong.slice(0, MAX_SHOWN).flat(),
    ...(wrong.length > MAX_SHOWN ? [`… and ${wrong.length - MAX_SHOWN} more`] : []),
    ...endLines(came, expected),
  ];
}

/** The end is compared where it is expected. */
function endLines({ endMs }: Played, expected: Expected): readonly string[] {
  if (expected.endMs === undefined || expected.endMs === endMs) return [];
  const came = endMs === undefined ? 'does not end' : `ends at ${endMs} ms`;
  return [`the stream ${came}, and was expected to end at ${expected.endMs} ms`];
}

const placeOf = ({ ms }: ExpectedRecord): string => (ms === undefined ? '' : `, expected at ${ms} ms,`);

/** How one record that came differs from the one expected in its place. */
function linesOf({ ms, record }: Moment, expected: ExpectedRecord): string[] {
  const found = differences(record, expected.value);
  const whole = found.length > MAX_FIELDS || found.some(({ path }) => path === '');
  return [
    ...(expected.ms === undefined || expected.ms === ms ? [] : [`    expected at ${expected.ms} ms`]),
    ...(whole
      ? [`    came     ${shown(record)}`, `    expected ${shown(expected.value)}`]
      : found.map(fieldLine)),
  ];
}

function fieldLine({ path, came, expected }: { path: string; came: unknown; expected: unknown }): string {
  if (expected === MISSING) return `    ${path}: ${shown(came)} was not expected`;
  if (came === MISSING) return `    ${path} is missing: ${shown(expected)} was expected`;
  return `    ${path}: ${shown(came)}, expected ${shown(expected)}`;
}

const MAX_CHARACTERS = 400;

/** A value on one line, not too long. */
function shown(value: unknown): string {
  const fields = fieldsOf(value);
  if (fields !== undefined) return `matching(${shown(fields)})`;
  const whole = inspect(withoutMarks(value), {
    depth: 6,
    breakLength: Infinity,
    maxArrayLength: 20,
    maxStringLength: 200,
  });
  const text = whole.replace(/\b([0-9a-f]{12})[0-9a-f]{52}\b/g, '$1…');
  return text.length > MAX_CHARACTERS ? `${text.slice(0, MAX_CHARACTERS)}…` : text;
}

const withoutMarks = (value: unknown): unknown =>
  typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype
    ? Object.fromEntries(Object.entries(value))
    : value;
