/** Names and plain values, nothing nested. */
export type FlatRecord = Readonly<Record<string, FlatValue>>;
/** A value that has no parts. */
export type FlatValue = string | number | boolean | null;

export interface FlatBounds {
  readonly separator: string;
  readonly maxDepth: number;
  readonly maxKeys: number;
}

/** A name on the way to a value, with the whole way: joining and hashing it each time is most of the work. */
interface Step {
  readonly path: string;
  readonly steps: Map<string, Step>;
}

/** Ways remembered; beyond them they are joined each time. */
const MAX_STEPS = 10_000;

/** See the operator `flatten` for what becomes of what. */
export function recordFlattener({
  separator,
  maxDepth,
  maxKeys,
}: FlatBounds): (record: object) => FlatRecord {
  const first: Step = { path: '', steps: new Map() };
  let remembered = 0;
  const stepTo = (from: Step, name: string): Step => {
    const known = from.steps.get(name);
    if (known !== undefined) return known;
    const step = {
      path: from === first ? name : from.path + separator + name,
      steps: new Map<string, Step>(),
    };
    if (remembered < MAX_STEPS) from.steps.set(name, step);
    remembered += 1;
    return step;
  };

  return (record) => {
    const leaves = new Map<string, FlatValue>();
    const holders: object[] = [];
    const put = (path: string, value: FlatValue): unknown =>
      leaves.set(freeName(path, leaves, separator), value);
    const add = (step: Step, value: unknown): void => {
      const plain = plainOf(value);
      if (plain === undefined) return;
      if (typeof plain !== 'object' || plain === null) put(step.path, plain);
      else if (holders.includes(plain)) put(step.path, CIRCULAR);
      else if (step !== first && (holders.length === maxDepth || isEmpty(plain)))
        put(step.path, jsonOf(plain));
      else addAll(step, plain);
    };
    const addAll = (step: Step, holder: object): void => {
      holders.push(holder);
      for (const name of Object.keys(holder)) {
        add(stepTo(step, name), (holder as Record<string, unknown>)[name]);
      }
      holders.pop();
    };
    add(first, record);
    return leaves.size <= maxKeys ? Object.fromEntries(leaves) : withRest([...leaves], maxKeys, separator);
  };
}

/** The first fields, and the others as text in one. */
function withRest(
  leaves: readonly (readonly [string, FlatValue])[],
  maxKeys: number,
  separator: string,
): FlatRecord {
  const kept = new Map(leaves.slice(0, maxKeys));
  const rest = JSON.stringify(Object.fromEntries(leaves.slice(maxKeys)));
  return Object.fromEntries(kept.set(freeName('other', kept, separator), rest));
}

/** The name itself, or with the first number from 2 on that makes it free. */
function freeName(name: string, taken: ReadonlyMap<string, unknown>, separator: string): string {
  let free = name;
  for (let number = 2; taken.has(free); number += 1) free = `${name}${separator}${number}`;
  return free;
}

function isEmpty(value: object): boolean {
  for (const name in value) if (Object.hasOwn(value, name)) return false;
  return true;
}

const CIRCULAR = '[circular]';

/** As `JSON.stringify` sees it, but for integers of any size, which become their digits. */
function plainOf(value: unknown): FlatValue | object | undefined {
  if (typeof value === 'number' || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'bigint') return value.toString();
  if (typeof value !== 'object' || value === null) return value === null ? null : undefined;
  const { toJSON } = value as { readonly toJSON?: unknown };
  return typeof toJSON === 'function' ? withoutToJson((toJSON as () => unknown).call(value)) : value;
}

/** What a `toJSON` returned is taken as it is, were it an object with one again. */
const withoutToJson = (value: unknown): FlatValue | object | undefined =>
  typeof value === 'object' && value !== null ? value : plainOf(value);

function jsonOf(value: object): string {
  const holders: unknown[] = [];
  return JSON.stringify(value, function (this: unknown, _name, held: unknown) {
    const plain = plainOf(held);
    while (holders.length > 0 && holders.at(-1) !== this) holders.pop();
    if (holders.includes(plain)) return CIRCULAR;
    holders.push(plain);
    return plain;
  });
}
