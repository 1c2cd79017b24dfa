import { defer, Observable, of } from 'rxjs';
import type { SourceFact } from './facts.ts';
import type { Json, Source, SourceCounts } from './types.ts';

/** How a source says what it noticed, without knowing who listens. */
export type Tell = (fact: SourceFact) => void;

/** A source's place in its stream, kept outside of any subscription. Both are called between two records. */
export interface Cursor {
  /** The place behind the last record emitted, as a checkpoint keeps it; nothing before the first connect. */
  readonly read: () => Json | undefined;
  /** Goes on from a place read in an earlier run; called before the first subscription. Throws where it makes no sense. */
  readonly restore: (place: Json) => void;
}

/** What the runtime knows of a source beyond its being an Observable. */
export interface SourceTraits<T = unknown> {
  /** The name of the stage, in counters and log lines. */
  readonly name: string;
  /** Opens the source with the ear of the run that reads it, its gate (false while a sink is full) and its counts. */
  readonly open: (tell: Tell, gate: Observable<boolean>, counts: SourceCounts) => Observable<T>;
  /** Without one a restart begins anew. */
  readonly cursor?: Cursor;
  /**
   * Only for samples: while the sinks are full the source is read on and the newest record of each key is kept,
   * older ones are counted as conflated. Without it a full sink ends the subscription until there is room.
   */
  readonly conflateBy?: ((record: T) => string) | undefined;
  /** It heeds the gate by itself: the subscription stays while a sink is full. */
  readonly heedsGate?: boolean;
  /** It counts what it receives. Without it what it emits and rejects counts as received. */
  readonly countsReceived?: boolean;
  /** Settles when an ended subscription has let go of everything; a run that drains waits for it. Default: at once. */
  readonly released?: () => Promise<void>;
  /** It receives every event its engine publishes, so that an audit can compare the two. */
  readonly receivesAll?: boolean;
  /** The folder of its journal, where it has one. */
  readonly journal?: string;
}

const traits = Symbol.for('dockrx.source');

export const sourceCounts = (): SourceCounts => ({
  received: 0,
  added: 0,
  filtered: 0,
  deduplicated: 0,
  held: 0,
});

/**
 * Makes a source with a name that can tell facts. Outside of a pipeline it is a plain Observable, and its facts are unheard.
 *
 * @example
 * defineSource({
 *   name: 'heartbeat',
 *   open: () => interval(1_000).pipe(map((count) => ({ kind: 'heartbeat', count }))),
 * })
 */
export function defineSource<T>(source: SourceTraits<T>): Source<T> {
  const observable = defer(() => source.open(() => undefined, of(true), sourceCounts()));
  return Object.defineProperty(observable, traits, { value: source });
}

/**
 * The traits of any Observable: its own, or those of one that tells nothing. A plain Observable is not resumable:
 * to subscribe to it again may mean to begin again.
 */
export function traitsOf<T>(source: Source<T>): SourceTraits<T> & { readonly resumable: boolean } {
  const own = (source as { [traits]?: SourceTraits<T> })[traits];
  return own === undefined
    ? { name: 'observable', open: () => source, resumable: false }
    : { ...own, resumable: true };
}
