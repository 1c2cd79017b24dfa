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

/** What a sink answers, in the order in which it happens. */
export type SinkSignal =
  /** First of all: the sink's own books, a live view, and what it writes to. */
  | {
      readonly type: 'open';
      readonly ledger: SinkLedger;
      readonly target: string;
      /** How long it may keep a record until more have come. Default 0. */
      readonly lingerMs?: number;
    }
  /**
   * The target is open: what has been accepted can be written. `serves`: it is an address at which the sink answers,
   * the real one: `open` may have called it `announced`.
   */
  | { readonly type: 'opened'; readonly target: string; readonly serves?: true; readonly announced?: string }
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
  /** And how large they are, in what `sizeOf` counts. */
  readonly inFlightBytes: number;
}

/** A list of stages under a name; made by {@link pipeline}, run by `runPipeline` or `pipeline run`. */
export interface Pipeline {
  /** In log lines, counters, metrics and the name of its checkpoint. */
  readonly name: string;
  readonly sources: readonly Source<unknown>[];
  readonly operators: readonly OperatorFunction<unknown, unknown>[];
  readonly sinks: readonly Sink<unknown>[];
}

/** Where in a pipeline a stage stands. */
export type StageKind = 'source' | 'operator' | 'sink';

/**
 * What passed one stage of a running pipeline:
 * `received + added = delivered + filtered + deduplicated + aggregated + rejected + dropped + in flight`.
 */
export interface StageCounters {
  readonly kind: StageKind;
  readonly name: string;
  /** Counted where it comes in: what the stage before has delivered is counted apart from it. */
  readonly received: number;
  /** Records the stage made beyond those it was given: a gap, a window, the items of a list. */
  readonly added: number;
  readonly delivered: number;
  /** Left out on purpose. */
  readonly filtered: number;
  /** Left out for having come before. */
  readonly deduplicated: number;
  /** Gone into records that stand for many: a window's counts. */
  readonly aggregated: number;
  readonly rejected: Reasons;
  readonly dropped: Reasons;
  readonly inFlight: number;
  /**
   * Whether the stage counts by itself what it leaves out, holds and adds. Else that is the difference between what
   * goes in and what comes out: what an operator such as RxJS's `delay` holds then counts as filtered until it
   * comes out, and where some is left out and some added only the net is seen.
   */
  readonly exact: boolean;
  readonly retries: number;
  /** What a sink writes to; empty for other stages. */
  readonly targets: readonly string[];
}

/** What a source counts of itself for the run that reads it; the run counts what it emits, rejects and drops. */
export interface SourceCounts {
  /** Counted where it comes in, before it is read: a line of an answer, a body. */
  received: number;
  added: number;
  filtered: number;
  deduplicated: number;
  /** Received or added, and not emitted yet. */
  held: number;
}

/** What an operator counts of itself; the run counts what goes in and what comes out. */
export interface OperatorCounts {
  added: number;
  filtered: number;
  deduplicated: number;
  aggregated: number;
  /** Received, and not come out yet. */
  held: number;
}
