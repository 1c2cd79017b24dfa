import type { Container, EngineEvent } from './types.ts';

/** Filter names and their values; a name that is absent does not filter. */
export type Filters = ReadonlyMap<string, readonly string[]>;

/** Both forms the engine knows: `{"type":["container"]}` and `{"type":{"container":true}}`. `undefined` = not readable. */
export function parseFilters(text: string | null): Filters | undefined {
  if (text === null || text === '') return new Map();
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return undefined;
    return new Map(Object.entries(parsed).map(([name, values]) => [name, valuesOf(values)]));
  } catch {
    return undefined;
  }
}

const valuesOf = (values: unknown): string[] => {
  if (Array.isArray(values)) return values.map(String);
  if (typeof values === 'object' && values !== null) {
    return Object.entries(values).flatMap(([value, on]) => (on === false ? [] : [value]));
  }
  throw new TypeError('filter values are neither a list nor a map');
};

const any = (filters: Filters, name: string, test: (value: string) => boolean): boolean => {
  const values = filters.get(name);
  return values === undefined || values.length === 0 || values.some(test);
};

const all = (filters: Filters, name: string, test: (value: string) => boolean): boolean =>
  (filters.get(name) ?? []).every(test);

const hasLabel =
  (labels: Readonly<Record<string, string>>) =>
  (wanted: string): boolean => {
    const at = wanted.indexOf('=');
    return at < 0 ? wanted in labels : labels[wanted.slice(0, at)] === wanted.slice(at + 1);
  };

const fuzzyActions = ['exec_create', 'exec_start', 'health_status'];

const isAction =
  (action: string) =>
  (wanted: string): boolean =>
    action === wanted || (fuzzyActions.includes(wanted) && action.startsWith(wanted));

const withoutTag = (image: string): string => image.replace(/:[^:/]*$/, '');

/** Whatever the type of the event: a volume's name may begin like a container's. */
const isActor =
  ({ id, attributes }: EngineEvent) =>
  (wanted: string): boolean =>
    id.startsWith(wanted) || attributes['name']?.startsWith(wanted) === true;

/** The engine ignores filter names it does not know. */
export function eventFilter(filters: Filters): ((event: EngineEvent) => boolean) | undefined {
  if (filters.size === 0) return undefined;
  return (event) => {
    const { type, action, attributes, scope = 'local' } = event;
    const image = attributes[type === 'image' ? 'name' : 'image'] ?? '';
    return (
      any(filters, 'type', (wanted) => wanted === type) &&
      any(filters, 'event', isAction(action)) &&
      any(filters, 'scope', (wanted) => wanted === scope) &&
      any(filters, 'container', isActor(event)) &&
      any(filters, 'volume', isActor(event)) &&
      any(filters, 'network', isActor(event)) &&
      any(
        filters,
        'image',
        (wanted) => image === wanted || withoutTag(image) === wanted || event.id === wanted,
      ) &&
      all(filters, 'label', hasLabel(attributes))
    );
  };
}

const listFilters = ['id', 'name', 'label', 'status', 'ancestor', 'health', 'network', 'volume', 'exited'];

/** The engine refuses names it does not know here; of what it knows this list has the common ones. */
export const unknownListFilter = (filters: Filters): string | undefined =>
  [...filters.keys()].find((name) => !listFilters.includes(name));

export function listFilter(filters: Filters): (container: Container) => boolean {
  return ({ id, spec, state, imageId, health, exitCode }) =>
    any(filters, 'id', (wanted) => id.startsWith(wanted)) &&
    any(filters, 'name', (wanted) => matches(wanted, spec.name)) &&
    any(filters, 'status', (wanted) => wanted === state) &&
    any(
      filters,
      'ancestor',
      (wanted) => wanted === spec.image || withoutTag(spec.image) === wanted || wanted === imageId,
    ) &&
    any(filters, 'health', (wanted) => wanted === health) &&
    any(filters, 'network', (wanted) => spec.networks.includes(wanted)) &&
    any(filters, 'volume', (wanted) =>
      spec.volumes.some((v) => v.name === wanted || v.destination === wanted),
    ) &&
    any(filters, 'exited', (wanted) => state === 'exited' && Number(wanted) === exitCode) &&
    all(filters, 'label', hasLabel(spec.labels));
}

/** Names are regular expressions, tried with and without the leading slash. */
const matches = (pattern: string, name: string): boolean => {
  try {
    const expression = new RegExp(pattern);
    return expression.test(name) || expression.test(`/${name}`);
  } catch {
    return pattern === name;
  }
};
