import { filtersOfQuery, viewOf } from '../../feed/filters.ts';
import { matchesGlob } from '../../feed/glob.ts';
import { isGap } from '../../feed/subject.ts';

/** Which records of a stage are wanted, and what of them. */
export interface Selection {
  readonly matches: (record: unknown) => boolean;
  readonly pick: (record: unknown) => unknown;
  /** So many a second, at most. */
  readonly rate: number;
}

export const DEFAULT_RATE = 100;
export const MAX_RATE = 10_000;
const MAX_WHERE = 32;
const MAX_WHERE_LENGTH = 400;

/**
 * Reads what is wanted from a URL: the filters of a live feed (`container=web-*`), globs of any other field by its path
 * (`where=container.id=4f*`), and a rate. A gap always matches: everybody is to know. Throws with what is wrong.
 */
export function selectionOf(query: URLSearchParams): Selection {
  const view = viewOf(filtersOfQuery(query));
  const where = query.getAll('where');
  if (where.length > MAX_WHERE || where.some((text) => text.length > MAX_WHERE_LENGTH))
    throw new Error(`give ${MAX_WHERE} fields to match at most, ${MAX_WHERE_LENGTH} characters each`);
  const tests = where.map(fieldTest);
  const rate = Number(query.get('rate') ?? DEFAULT_RATE);
  if (!Number.isInteger(rate) || rate < 1 || rate > MAX_RATE)
    throw new Error(`the rate must be a whole number from 1 to ${MAX_RATE}`);
  return {
    matches: (record) =>
      view.matches(record) && (tests.length === 0 || isGap(record) || tests.every((test) => test(record))),
    pick: view.isPicked ? view.pick : (record) => record,
    rate,
  };
}

/** `status=5??,4*`: whether the field has one of these texts. */
function fieldTest(text: string): (record: unknown) => boolean {
  const [, path = '', globs = ''] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
  if (path === '') throw new Error(`a field to match must be like name=glob, not '${text}'`);
  const all = globs.split(',');
  return (record) =>
    textsOf(valueAt(record, path)).some((value) => all.some((glob) => matchesGlob(glob, value)));
}

/** By its whole name, else step by step. */
function valueAt(record: unknown, path: string): unknown {
  if (!isObject(record)) return undefined;
  if (Object.hasOwn(record, path)) return record[path];
  const dot = path.indexOf('.');
  if (dot < 0) return undefined;
  const head = path.slice(0, dot);
  return Object.hasOwn(record, head) ? valueAt(record[head], path.slice(dot + 1)) : undefined;
}

const textsOf = (value: unknown): readonly string[] =>
  Array.isArray(value)
    ? value.flatMap(textsOf)
    : ['string', 'number', 'boolean', 'bigint'].includes(typeof value)
      ? [String(value)]
      : [];

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;
