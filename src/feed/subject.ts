/** What filters ask of a record, whatever its kind; nothing where it does not say. */
export interface Subject {
  readonly kind: string | undefined;
  readonly type: string | undefined;
  readonly action: string | undefined;
  /** The names of its container: its name, its id. */
  readonly containers: readonly string[];
  readonly image: string | undefined;
  readonly labels: Readonly<Record<string, unknown>>;
}

type Fields = Readonly<Record<string, unknown>>;

/** Reads a record of ours, flat or not, and any other that calls these fields so. */
export function subjectOf(record: unknown): Subject {
  const own = fieldsOf(record);
  const attributes = fieldsOf(own['attributes']);
  const container = fieldsOf(own['container']);
  const type = textOf(own['type']) ?? textOf(own['event_Type']);
  const isOfContainer = type === 'container';
  const names = [
    ...[own['container'], own['container_id'], container['name'], container['id']],
    ...(isOfContainer ? [attributes['name'], own['id']] : []),
  ];
  return {
    kind: textOf(own['kind']),
    type,
    action: textOf(own['action']) ?? textOf(own['event_Action']),
    containers: names.filter((name) => typeof name === 'string'),
    image:
      textOf(own['image']) ??
      textOf(container['image']) ??
      (isOfContainer ? textOf(attributes['image']) : undefined),
    labels: labelsOf(own, container, isOfContainer ? attributes : {}),
  };
}

const FLAT_LABEL = 'label_';

function labelsOf(own: Fields, container: Fields, attributes: Fields): Fields {
  const nested = container['labels'] ?? own['labels'];
  if (nested !== undefined) return fieldsOf(nested);
  if (own['attributes'] !== undefined) return attributes;
  const flat = Object.entries(own).filter(([name]) => name.startsWith(FLAT_LABEL));
  return Object.fromEntries(flat.map(([name, value]) => [name.slice(FLAT_LABEL.length), value]));
}

/** Whether it tells that something is missing: every client is to know. */
export function isGap(record: unknown): boolean {
  const { kind, type } = fieldsOf(record);
  return kind === 'gap' || (kind === undefined && type === 'gap');
}

/**
 * What a record is a reading of: the container, of readings, flat or not. Nothing for an event. While a client is
 * behind, of those with the same key only the newest is kept for it.
 */
export function sampleKey(record: unknown): string | undefined {
  const { kind, host, container, container_id: id, cpu_total_usage: isFlat } = fieldsOf(record);
  if (kind === 'container-stats') return `${String(host)}/${String(fieldsOf(container)['id'])}`;
  return isFlat !== undefined && typeof id === 'string' ? `${String(host)}/${id}` : undefined;
}

const fieldsOf = (value: unknown): Fields =>
  (typeof value === 'object' && value !== null ? value : {}) as Fields;
const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
