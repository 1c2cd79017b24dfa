/** Names and plain values, nothing nested. */
export type FlatRecord = Readonly<Record<string, FlatValue>>;
export type FlatValue = string | number | boolean | null;

export interface FlatBounds {
  readonly separator: string;
  readonly maxDepth: number;
  readonly maxKeys: number;
}

/** See the operator `flatten` for what becomes of what. */
export function flatRecord(record: object, bounds: FlatBounds): FlatRecord {
  const { separator, maxKeys } = bounds;
  const leaves = new Map<string, FlatValue>();
  for (const [path, value] of leavesOf(record, '', [], bounds)) {
    leaves.set(freeName(path, leaves, separator), value);
  }
  if (leaves.size <= maxKeys) return Object.fromEntries(leaves);
  const kept = new Map([...leaves].slice(0, maxKeys));
  const rest = Object.fromEntries([...leaves].slice(maxKeys));
  return Object.fromEntries(kept.set(freeName('other', kept, separator), JSON.stringify(rest)));
}

/** The name itself, or with the first number from 2 on that makes it free. */
function freeName(name: string, taken: ReadonlyMap<string, unknown>, separator: string): string {
  let free = name;
  for (let number = 2; taken.has(free); number += 1) free = `${name}${separator}${number}`;
  return free;
}

function* leavesOf(
  value: unknown,
  path: string,
  holders: readonly object[],
  bounds: FlatBounds,
): Generator<readonly [path: string, value: FlatValue], void, void> {
  const plain = plainOf(value);
  if (plain === undefined) return;
  if (typeof plain !== 'object' || plain === null) return yield [path, plain];
  if (holders.includes(plain)) return yield [path, CIRCULAR];
  const names = Object.keys(plain);
  const isWhole = holders.length === 0;
  if (!isWhole && (names.length === 0 || holders.length === bounds.maxDepth))
    return yield [path, jsonOf(plain)];
  for (const name of names) {
    const inner = isWhole ? name : `${path}${bounds.separator}${name}`;
    yield* leavesOf((plain as Record<string, unknown>)[name], inner, [...holders, plain], bounds);
  }
}

const CIRCULAR = '[circular]';

/** As `JSON.stringify` sees it, but for integers of any size, which become their digits. */
function plainOf(value: unknown): FlatValue | object | undefined {
  const { toJSON } = (value ?? {}) as { readonly toJSON?: unknown };
  const plain: unknown = typeof toJSON === 'function' ? (toJSON as () => unknown).call(value) : value;
  if (typeof plain === 'bigint') return plain.toString();
  if (typeof plain === 'function' || typeof plain === 'symbol') return undefined;
  return plain as FlatValue | object | undefined;
}

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
