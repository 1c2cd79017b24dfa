import { PipelineError } from '../../core/errors.ts';
import { CLEAN_PATTERN } from './safe-name.ts';

/** A place in a path template that a record fills. */
export interface Token {
  readonly valueIn: (record: unknown) => string;
  /** Matches every value that is safe as it is, as the source of a regular expression with the flag `u`. */
  readonly pattern: string;
}

/** What stands for a field that a record lacks. */
export const UNKNOWN = 'unknown';

const RFC3339_UTC = /^\d{4}-\d\d-\d\dT\d\d:.*Z$/s;

/** `date`, `hour`, or a field of the record, its levels parted by dots. */
export function tokenOf(name: string): Token {
  if (name === 'date')
    return {
      valueIn: (record) => timeOf(record).slice(0, 10) || UNKNOWN,
      pattern: String.raw`(?:\d{4}-\d\d-\d\d|${UNKNOWN})`,
    };
  if (name === 'hour')
    return {
      valueIn: (record) => timeOf(record).slice(11, 13) || UNKNOWN,
      pattern: String.raw`(?:\d\d|${UNKNOWN})`,
    };
  if (name.split('.').includes(''))
    throw new PipelineError('CONFIG_INVALID', `ndjsonFile: path has a token without a field name: {${name}}`);
  return { valueIn: (record) => textIn(record, name), pattern: `${CLEAN_PATTERN}?` };
}

/** The record's own time as RFC 3339 in UTC; empty when it has none. */
function timeOf(record: unknown): string {
  const { time, '@timestamp': timestamp } = Object(record) as { time?: unknown; '@timestamp'?: unknown };
  const own = time ?? timestamp;
  if (typeof own !== 'string' && !(own instanceof Date)) return '';
  if (typeof own === 'string' && RFC3339_UTC.test(own)) return own;
  const date = new Date(own);
  const year = date.getUTCFullYear();
  return year >= 0 && year <= 9999 ? date.toISOString() : '';
}

function textIn(record: unknown, field: string): string {
  const value = fieldOf(record, field);
  switch (typeof value) {
    case 'string':
      return value === '' ? UNKNOWN : value;
    case 'number':
    case 'bigint':
    case 'boolean':
      return String(value);
    default:
      return UNKNOWN;
  }
}

/** The field under the longest key that fits: labels have dots in their names. */
function fieldOf(record: unknown, field: string): unknown {
  if (typeof record !== 'object' || record === null) return undefined;
  const fields = record as Readonly<Record<string, unknown>>;
  const own = fields[field];
  if (own !== undefined) return own;
  for (let dot = field.lastIndexOf('.'); dot > 0; dot = field.lastIndexOf('.', dot - 1)) {
    const inner = fieldOf(fields[field.slice(0, dot)], field.slice(dot + 1));
    if (inner !== undefined) return inner;
  }
  return undefined;
}
