import type { EngineFlavour } from '../../records/container-stats.ts';
import type { ListedContainer } from '../../records/container-list.ts';
import { eventFilters } from '../shared/event-filters.ts';

/** What the engine's filters of `/events` would let through of what it did not say itself. */
export interface Selection {
  /** Whether they let any event of that container through. */
  readonly container: (container: ListedContainer) => boolean;
  /** Whether they let that event of a container through. */
  readonly action: (action: string) => boolean;
}

type Filters = Readonly<Record<string, readonly string[]>>;

/** Filters of things that are no containers compare with the actor's id and name all the same. */
const BY_ACTOR = [
  ...['container', 'volume', 'network', 'plugin', 'daemon', 'service', 'node', 'secret', 'config'],
];

/** Truth: moby daemon/events/filter. Values of one name are alternatives, except labels, which must all be there. */
export function selectionOf(filters: Filters | undefined, flavour: EngineFlavour): Selection {
  const wanted =
    filters === undefined ? {} : (JSON.parse(eventFilters(filters, flavour)) as Partial<Filters>);
  const any = (name: string, matches: (value: string) => boolean): boolean => {
    const values = wanted[name] ?? [];
    return values.length === 0 || values.some(matches);
  };
  return {
    container: ({ id, name, image, labels }) => {
      const attributes = { ...labels, name, image };
      return (
        any('scope', (scope) => scope === 'local') &&
        BY_ACTOR.every((key) => any(key, (start) => id.startsWith(start) || name.startsWith(start))) &&
        any('image', (value) => value === image || value === withoutTag(image) || value === id) &&
        (wanted['label'] ?? []).every((label) => hasLabel(attributes, label))
      );
    },
    action: (action) =>
      any('type', (type) => type === 'container') && any('event', (event) => event === action),
  };
}

/** Everything behind the last colon of the last part of a path. */
const withoutTag = (image: string): string => image.replace(/(?::[^:/]*)?(?:@[^/]*)?$/, '');

function hasLabel(attributes: Readonly<Record<string, string>>, label: string): boolean {
  const at = label.indexOf('=');
  return at < 0 ? Object.hasOwn(attributes, label) : attributes[label.slice(0, at)] === label.slice(at + 1);
}
