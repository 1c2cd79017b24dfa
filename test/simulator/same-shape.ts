export interface ShapeOptions {
  /** paths of objects whose keys are data, like labels; `[]` stands for the elements of a list */
  readonly maps?: readonly string[];
  /** paths left out, each with a reason at the place of use */
  readonly except?: readonly string[];
}

type Shape = Map<string, Set<string>>;

const typeOf = (value: unknown): string => {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
};

function collect(value: unknown, path: string, { maps = [] }: ShapeOptions, shape: Shape): Shape {
  const types = shape.get(path) ?? new Set<string>();
  shape.set(path, types.add(typeOf(value)));
  if (Array.isArray(value)) {
    for (const element of value) collect(element, `${path}[]`, { maps }, shape);
  } else if (typeof value === 'object' && value !== null) {
    const named = !maps.includes(path);
    for (const [key, inner] of Object.entries(value)) {
      collect(inner, `${path}.${named ? key : '*'}`, { maps }, shape);
    }
  }
  return shape;
}

/** Lists and maps that have no elements tell nothing about them. */
const emptyAt = (path: string, shape: Shape): boolean => {
  const parent = path.replace(/(\[\]|\.\*)$/, '');
  return parent !== path && shape.has(parent) && !shape.has(path);
};

const below = (path: string, parents: readonly string[]): boolean =>
  parents.some((parent) => path === parent || path.startsWith(`${parent}.`) || path.startsWith(`${parent}[`));

/** Where two JSON values differ in keys or types, by path; empty = the same shape. Values do not matter. */
export function shapeDifferences(actual: unknown, expected: unknown, options: ShapeOptions = {}): string[] {
  const [ours, theirs] = [
    collect(actual, '$', options, new Map()),
    collect(expected, '$', options, new Map()),
  ];
  const paths = [...new Set([...ours.keys(), ...theirs.keys()])].sort();
  const untold = paths.filter((path) => emptyAt(path, ours) || emptyAt(path, theirs));
  return paths.flatMap((path) => {
    if (below(path, untold) || below(path, options.except ?? [])) return [];
    const [a, b] = [ours, theirs].map((shape) => [...(shape.get(path) ?? [])].sort().join('|') || 'absent');
    return a === b ? [] : [`${path}: ${a!}, recorded ${b!}`];
  });
}
