import { isDeepStrictEqual } from 'node:util';
import { isUntimed, timed } from './moments.ts';

/** One field that is not as expected; `path` is empty for the whole. */
export interface Difference {
  readonly path: string;
  readonly came: unknown;
  readonly expected: unknown;
}

/** In place of a value that is not there. */
export const MISSING: unique symbol = Symbol('missing');

const fields: unique symbol = Symbol.for('dockrx.matching');

/** What {@link matching} makes. */
export interface Matching {
  readonly [fields]: object;
}

/**
 * In place of a record, or of a part of it, that is expected: it has these fields; others it may have.
 *
 * @example matching({ kind: 'session', exitCode: 137, container: matching({ name: 'web' }) })
 */
export const matching = (expected: object): Matching => ({ [fields]: expected });

/** What a matching asks for; undefined for all else. */
export const fieldsOf = (value: unknown): object | undefined =>
  (value as Partial<Matching> | null | undefined)?.[fields];

/** Every field in which something that came differs from what was expected. A record built without a time may have any. */
export function differences(came: unknown, expected: unknown, path = ''): readonly Difference[] {
  const some = fieldsOf(expected);
  const wanted = some ?? (isUntimed(expected) && hasTime(came) ? timed(expected, came.time) : expected);
  if (!isComposed(came) || !isComposed(wanted) || Array.isArray(came) !== Array.isArray(wanted))
    return isDeepStrictEqual(came, wanted) ? [] : [{ path, came, expected }];
  const names = new Set([...Object.keys(wanted), ...(some === undefined ? Object.keys(came) : [])]);
  return [...names].flatMap((name) =>
    differences(fieldOf(came, name), fieldOf(wanted, name), inside(path, name, came)),
  );
}

const hasTime = (value: unknown): value is { readonly time: string } =>
  typeof (value as { readonly time?: unknown } | null | undefined)?.time === 'string';

/** Plain objects and lists are compared by their fields, all else as a whole. */
function isComposed(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return Array.isArray(value) || prototype === Object.prototype || prototype === null;
}

const fieldOf = (owner: object, name: string): unknown =>
  Object.hasOwn(owner, name) ? (owner as Readonly<Record<string, unknown>>)[name] : MISSING;

function inside(path: string, name: string, owner: object): string {
  if (Array.isArray(owner)) return `${path}[${name}]`;
  if (!/^[\w@]+$/.test(name)) return `${path}[${JSON.stringify(name)}]`;
  return path === '' ? name : `${path}.${name}`;
}
