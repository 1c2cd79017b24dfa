import { channel, subscribe, unsubscribe } from 'node:diagnostics_channel';

/** What a component noticed about itself; the run knows which pipeline it belongs to. */
export type SourceFact =
  /** The service answers; said on every connect. */
  | { readonly type: 'connected'; readonly to: string; readonly simulated: boolean }
  /** Records that could not be read, and why. The stream goes on. A run tells them added up, once a second at most. */
  | { readonly type: 'rejected'; readonly reason: string; readonly count: number }
  /** Records given up, by the source itself, a queue's policy, a newer sample …; told added up, as rejected ones are. */
  | { readonly type: 'dropped'; readonly reason: string; readonly count: number }
  /** Said by a source that tries again by itself: one that has another behind it, or a disk. */
  | { readonly type: 'retrying'; readonly error: unknown; readonly attempt: number; readonly delayMs: number }
  | { readonly type: 'recovered' }
  /** Something to know that stops nothing. */
  | { readonly type: 'notice'; readonly message: string };

/** What a run tells of itself beyond its counters: which pipeline, which stage (empty: the whole pipeline), and what. */
export type Fact = { readonly pipeline: string; readonly stage: string } & (
  | SourceFact
  /** A sink has had records for so long, and has delivered none; `recovered` when it does. */
  | { readonly type: 'stalled'; readonly seconds: number; readonly inFlight: number }
  /** The event loop stood still for so long; the process had so much CPU time meanwhile. */
  | { readonly type: 'blocked'; readonly seconds: number; readonly cpuSeconds: number }
  | { readonly type: 'paused' | 'resumed' }
  /** `serves`: the target is an address at which the sink answers. */
  | { readonly type: 'opened'; readonly target: string; readonly serves?: true }
  | { readonly type: 'failed'; readonly error: unknown }
  | { readonly type: 'abandoned'; readonly count: number }
);

/** A fact, or one of the types named, before the run has said whose it is. */
export type FactOf<Type extends Fact['type'] = Fact['type']> = Fact extends infer F
  ? F extends Fact & { readonly type: Type }
    ? Omit<F, 'pipeline' | 'stage'>
    : never
  : never;

/** Says facts for a stage; for the whole pipeline where its name is empty. */
export type SayOf = (stage: string) => (fact: FactOf) => void;

const NAME = 'dockrx:fact';
const facts = channel(NAME);

/** Publishes on the diagnostics channel `dockrx:fact`; costs nothing while nobody listens. */
export function publish(fact: Fact): void {
  if (facts.hasSubscribers) facts.publish(fact);
}

/**
 * Hears every fact of every pipeline in the process; returns how to stop hearing.
 *
 * @example
 * const stop = onFact((fact) => {
 *   if (fact.type === 'dropped') process.stderr.write(`${fact.stage} dropped ${fact.count}: ${fact.reason}\n`);
 * });
 */
export function onFact(listener: (fact: Fact) => void): () => void {
  const heard = (message: unknown): void => listener(message as Fact);
  subscribe(NAME, heard);
  return () => {
    unsubscribe(NAME, heard);
  };
}
