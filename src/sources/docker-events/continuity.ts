/** The engine keeps this many events of all types, and nothing else. */
export const RING_LINES = 256;

/**
 * What is known of the time since the last connection. `continuous`: proven, nothing is missing. `overrun`: the engine
 * has had more events than it keeps. `restarted`: it keeps few events and none from before, so it began anew.
 */
export type Continuity = 'continuous' | 'overrun' | 'restarted';

export interface Replay {
  /** What the stream brought so far, filtered or not. */
  readonly streamed: readonly string[];
  /** All that the engine keeps of all types, asked for after the stream had been opened; empty where nothing was asked. */
  readonly ring: readonly string[];
  readonly isFiltered: boolean;
  /** Whether the stream brought a line before, or an audit that found nothing missing saw it. */
  readonly isKnown: (line: string) => boolean;
}

/**
 * The engine replays from its oldest event on, so nothing can be missing behind an oldest one that is known. A filtered
 * stream shows only its own part of that; when its oldest is new, the oldest of all types decides.
 */
export function continuityOf({ streamed, ring, isFiltered, isKnown }: Replay): Continuity {
  const [oldest] = streamed;
  if (oldest !== undefined && isKnown(oldest)) return 'continuous';
  const [oldestOfAll] = ring;
  if (isFiltered && oldestOfAll !== undefined && isKnown(oldestOfAll)) return 'continuous';
  return new Set([...ring, ...streamed]).size >= RING_LINES ? 'overrun' : 'restarted';
}
