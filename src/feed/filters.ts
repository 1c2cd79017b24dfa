import type { FeedFilters } from '../records/feed-frames.ts';
import { matchesGlob } from './glob.ts';
import { isGap, subjectOf } from './subject.ts';
import type { Subject } from './subject.ts';

/** What can be filtered by; `fields` are what is seen of a record. */
export const FILTER_NAMES = ['kind', 'type', 'action', 'container', 'image', 'label', 'fields'] as const;
const MAX_GLOBS = 32;
const MAX_GLOB_LENGTH = 200;

/** How some clients see the feed. */
export interface View {
  /** The same for the same filters. */
  readonly key: string;
  /** Whether every record is seen, and all of it. */
  readonly isWhole: boolean;
  /** Whether only some fields are seen. */
  readonly isPicked: boolean;
  readonly matches: (record: unknown) => boolean;
  /** Its fields that are seen. */
  readonly pick: (record: unknown) => unknown;
}

/** Reads the filters of a URL; other parameters are not looked at. Throws with what is wrong. */
export function filtersOfQuery(query: URLSearchParams): FeedFilters {
  const given = FILTER_NAMES.map((name) => [
    name,
    query
      .getAll(name)
      .flatMap((text) => text.split(','))
      .filter((glob) => glob !== ''),
  ]);
  return checkFilters(Object.fromEntries(given) as Fields);
}

type Fields = Readonly<Record<string, unknown>>;

/** Throws with what is wrong. */
export function checkFilters(given: Fields): FeedFilters {
  const unknown = Object.keys(given).find((name) => !FILTER_NAMES.includes(name as never));
  if (unknown !== undefined)
    throw new Error(`there is no filter "${unknown}": there are ${FILTER_NAMES.join(', ')}`);
  const filters: Record<string, readonly string[]> = {};
  for (const name of FILTER_NAMES) {
    const globs = given[name];
    if (globs === undefined) continue;
    if (!Array.isArray(globs) || globs.length > MAX_GLOBS || !globs.every(isGlob))
      throw new Error(
        `"${name}" must be a list of ${MAX_GLOBS} texts at most, ${MAX_GLOB_LENGTH} characters each`,
      );
    if (globs.length > 0) filters[name] = globs as string[];
  }
  return filters;
}

const isGlob = (glob: unknown): boolean => typeof glob === 'string' && glob.length <= MAX_GLOB_LENGTH;

export function viewOf(filters: FeedFilters): View {
  const { fields = [] } = filters;
  const tests = testsOf(filters);
  const paths = fields
    .filter((field) => !fields.some((wider) => field.startsWith(`${wider}.`)))
    .map((field) => field.split('.'));
  return {
    key: JSON.stringify(FILTER_NAMES.map((name) => filters[name] ?? [])),
    isPicked: paths.length > 0,
    isWhole: tests.length === 0 && paths.length === 0,
    matches: (record) => {
      if (tests.length === 0 || isGap(record)) return true;
      const subject = subjectOf(record);
      return tests.every((test) => test(subject));
    },
    pick: (record) => picked(record, paths),
  };
}

function testsOf({
  kind,
  type,
  action,
  container,
  image,
  label,
}: FeedFilters): ((subject: Subject) => boolean)[] {
  const tests: ((subject: Subject) => boolean)[] = [];
  const add = (
    globs: readonly string[] | undefined,
    texts: (subject: Subject) => readonly string[],
  ): void => {
    if (globs === undefined) return;
    tests.push((subject) => texts(subject).some((text) => globs.some((glob) => matchesGlob(glob, text))));
  };
  const one = (text: string | undefined): readonly string[] => (text === undefined ? [] : [text]);
  add(kind, (subject) => one(subject.kind));
  add(type, (subject) => one(subject.type));
  add(action, (subject) => one(subject.action));
  add(container, ({ containers }) => containers);
  add(image, (subject) => one(subject.image));
  add(label, ({ labels }) =>
    Object.entries(labels).flatMap(([key, value]) => [key, `${key}=${String(value)}`]),
  );
  return tests;
}

function picked(record: unknown, paths: readonly (readonly string[])[]): unknown {
  const result: Record<string, unknown> = {};
  for (const path of paths) {
    let value = record;
    let isThere = true;
    for (const name of path) {
      isThere &&= typeof value === 'object' && value !== null && Object.hasOwn(value, name);
      if (isThere) value = (value as Fields)[name];
    }
    if (!isThere) continue;
    const parents = path.slice(0, -1);
    define(parents.reduce(own, result), path.at(-1)!, value);
  }
  return result;
}

/** The object of this name within another one, made where there is none. */
function own(into: Record<string, unknown>, name: string): Record<string, unknown> {
  const there = Object.hasOwn(into, name) ? into[name] : undefined;
  if (typeof there === 'object' && there !== null) return there as Record<string, unknown>;
  const made = {};
  define(into, name, made);
  return made;
}

/** Also of a name such as `__proto__`, which an assignment would take otherwise. */
function define(into: object, name: string, value: unknown): void {
  Object.defineProperty(into, name, { value, enumerable: true, configurable: true, writable: true });
}
