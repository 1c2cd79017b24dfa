import type { Observable, OperatorFunction } from 'rxjs';

/** What survives in a file: plain values, lists and objects of them. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

/**
 * Where records come from: cold and resumable. Each subscription reads on from the last record seen;
 * unsubscribing releases the resource. It errors with a `PipelineError` and never retries by itself.
 * Any RxJS Observable serves; one not made by `defineSource` is not stopped while a sink is full, for it may have to
 * begin again: what does not fit is then dropped and counted.
 */
export type Source<T> = Observable<T>;

/**
 * Where records end: an operator that consumes records and tells what became of them.
 * Completion of its input drains it, unsubscription abandons what it holds.
 */
export type Sink<T> = OperatorFunction<T, SinkSignal>;

/** One sink, or several that each get every record. */
export type Sinks<T> = Sink<T> | readonly Sink<T>[];

export type SinkSignal =
  /** First of all: the sink's own books, a live view, and what it writes to. */
  | { readonly type: 'open'; readonly ledger: SinkLedger; readonly target: string }
  /** The target is open: what has been accepted can be written. */
  | { readonly type: 'opened'; readonly target: string }
  /** So many records, in order, have arrived for good. */
  | { readonly type: 'delivered'; readonly count: number }
  /** The queue is filling: stop the sources, until `resume`. */
  | { readonly type: 'pause' | 'resume' }
  /** Its service or disk is away; the same records are tried again. */
  | { readonly type: 'retrying'; readonly error: unknown; readonly attempt: number; readonly delayMs: number }
  | { readonly type: 'recovered' }
  /** Something to know that stops nothing. */
  | { readonly type: 'notice'; readonly message: string };

/** Counts by reason. */
export type Reasons = Readonly<Record<string, number>>;

/** `received = delivered + rejected + dropped + in flight`, at every moment, exactly. */
export interface SinkLedger {
  readonly received: number;
  readonly delivered: number;
  /** Records that have no text, by reason. */
  readonly rejected: Reasons;
  /** Records given up by the queue's policy, by reason. */
  readonly dropped: Reasons;
  /** Records held: waiting or being written. */
  readonly inFlight: number;
  readonly inFlightBytes: number;
}

/** A list of stages under a name; made by {@link pipeline}, run by `runPipeline` or `pipeline run`. */
export interface Pipeline {
  readonly name: string;
  readonly sources: readonly Source<unknown>[];
  readonly operators: readonly OperatorFunction<unknown, unknown>[];
  readonly sinks: readonly Sink<unknown>[];
}

export type StageKind = 'source' | 'operator' | 'sink';

/** What passed one stage of a running pipeline. */
export interface StageCounters {
  readonly kind: StageKind;
  readonly name: string;
  readonly received: number;
  readonly delivered: number;
  readonly rejected: Reasons;
  readonly dropped: Reasons;
  readonly inFlight: number;
  readonly retries: number;
  /** What a sink writes to; empty for other stages. */
  readonly targets: readonly string[];
}
