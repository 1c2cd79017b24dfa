/** A value out of `JSON.parse`, known to be an object, its fields unknown. */
export type Loose = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is Loose {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function requireObject(value: unknown, path: string): Loose {
  if (!isObject(value)) throw wrong(path, 'an object', value);
  return value;
}

export function requireList(value: unknown, path: string): readonly unknown[] {
  if (!Array.isArray(value)) throw wrong(path, 'a list', value);
  return value;
}

export function requireNumber(owner: Loose, field: string, path: string): void {
  if (typeof owner[field] !== 'number') throw wrong(join(path, field), 'a number', owner[field]);
}

export function requireText(owner: Loose, field: string, path: string): void {
  if (typeof owner[field] !== 'string') throw wrong(join(path, field), 'a string', owner[field]);
}

/** An absent one is right too. */
export function optionalNumber(owner: Loose, field: string, path: string): void {
  if (owner[field] !== undefined) requireNumber(owner, field, path);
}

/** All fields of an object. */
export function requireNumbers(value: unknown, path: string): void {
  const owner = requireObject(value, path);
  for (const field in owner) requireNumber(owner, field, path);
}

export function wrong(path: string, expected: string, found: unknown): TypeError {
  return new TypeError(`${path}: expected ${expected}, found ${shown(found)}`);
}

const join = (path: string, field: string): string => (path === '' ? field : `${path}.${field}`);

/** Short, whatever an engine sends. */
function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (isObject(value)) return 'an object';
  return JSON.stringify(value).slice(0, 60);
}
