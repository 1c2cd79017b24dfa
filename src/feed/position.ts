/** A place in a feed: behind so many events, and so many samples after the last of them. */
export interface Position {
  readonly event: number;
  readonly sample: number;
}

export const START: Position = { event: 0, sample: 0 };

export const isBehind = (one: Position, other: Position): boolean =>
  one.event === other.event ? one.sample < other.sample : one.event < other.event;

/** `name` is the feed's own: a position of another one means nothing. */
export const showId = (name: string, { event, sample }: Position): string =>
  sample === 0 ? `${name}-${event}` : `${name}-${event}.${sample}`;

/** The position that an id of this feed names; nothing where it is none. */
export function readId(name: string, id: string): Position | undefined {
  const [, own, event, sample = '0'] = /^([a-z0-9]+)-(\d{1,15})(?:\.(\d{1,15}))?$/.exec(id) ?? [];
  return own === name ? { event: Number(event), sample: Number(sample) } : undefined;
}
