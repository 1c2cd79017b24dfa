import { defer, Observable } from 'rxjs';
import type { SourceFact } from './facts.ts';
import type { Source } from './types.ts';

/** How a source says what it noticed, without knowing who listens. */
export type Tell = (fact: SourceFact) => void;

/** What the runtime knows of a source beyond its being an Observable. */
export interface SourceTraits<T = unknown> {
  readonly name: string;
  /** Opens the source with the ear of the run that reads it. */
  readonly open: (tell: Tell) => Observable<T>;
  /**
   * Only for samples: while the sinks are full the source is read on and the newest record of each key is kept,
   * older ones are counted as conflated. Without it a full sink ends the subscription until there is room.
   */
  readonly conflateBy?: ((record: T) => string) | undefined;
}

const traits = Symbol.for('dockrx.source');

/** Makes a source with a name that can tell facts. Outside of a pipeline it is a plain Observable, and its facts are unheard. */
export function defineSource<T>(source: SourceTraits<T>): Source<T> {
  const observable = defer(() => source.open(() => undefined));
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
