import { BehaviorSubject, catchError, EMPTY, merge, ReplaySubject, Subject, tap } from 'rxjs';
import type { Observable } from 'rxjs';
import type { Backoff } from './backoff.ts';
import { readBooks } from './books.ts';
import type { Books } from './books.ts';
import { traitsOf } from './define-source.ts';
import { publish } from './facts.ts';
import type { FactOf } from './facts.ts';
import { intake } from './intake.ts';
import { outlet } from './outlet.ts';
import type { Pipeline, StageCounters } from './types.ts';

export interface RunOptions {
  /** Aborting it stops the sources; what is under way is drained. */
  readonly stop?: AbortSignal;
  /** How long the drain may take after a stop or a failure before the rest is abandoned. Default 10 s. */
  readonly drainMs?: number;
  /** How the sources are opened again. */
  readonly backoff?: Backoff;
}

export interface RunResult {
  /**
   * `completed`: every source ended; `stopped`: by the signal; `failed`: by an error; all three have drained.
   * `overdue`: the drain did not end in time.
   */
  readonly outcome: 'completed' | 'stopped' | 'failed' | 'overdue';
  /** The first fatal error, when there was one. */
  readonly error?: unknown;
  /** Records that sinks had accepted and did not deliver. */
  readonly abandoned: number;
  readonly stages: readonly StageCounters[];
}

export interface Run {
  readonly pipeline: string;
  /** Settles when the run is over; never rejects. */
  readonly done: Promise<RunResult>;
  /** The counters of every stage, in the order of the flow. */
  readonly stages: () => readonly StageCounters[];
  /** Whether a full sink holds the sources back at the moment. */
  readonly paused: () => boolean;
}

/**
 * Runs a pipeline: subscribes the sinks, then the sources; opens sources again on retryable errors, for ever;
 * stops them while a sink is full; counts at every edge. On a stop or the first fatal error the sources end and
 * everything accepted is drained, in the order of its flow, until the deadline.
 */
export function runPipeline(pipeline: Pipeline, options: RunOptions = {}): Run {
  const { name } = pipeline;
  const { stop, drainMs = 10_000, backoff } = options;
  const books = openBooks(pipeline);
  const stopping = new ReplaySubject<void>(1);
  const open = new BehaviorSubject(true);
  const sayOf =
    (stage: string) =>
    (fact: FactOf): void =>
      publish({ pipeline: name, stage, ...fact });

  let fullSinks = 0;
  const pressure = {
    rise: (): void => {
      fullSinks += 1;
      if (fullSinks > 1) return;
      sayOf('')({ type: 'paused' });
      open.next(false);
    },
    fall: (): void => {
      fullSinks -= 1;
      if (fullSinks > 0) return;
      sayOf('')({ type: 'resumed' });
      open.next(true);
    },
  };

  const done = new Promise<RunResult>((resolve) => {
    let ending: { readonly outcome: 'stopped' | 'failed'; readonly error?: unknown } | undefined;
    let deadline: NodeJS.Timeout | undefined;

    const finish = (overdue: boolean): void => {
      clearTimeout(deadline);
      stop?.removeEventListener('abort', stopped);
      const stages = readBooks(books);
      const abandoned = stages.reduce((sum, { kind, inFlight }) => sum + (kind === 'sink' ? inFlight : 0), 0);
      drains.unsubscribe();
      if (abandoned > 0) sayOf('')({ type: 'abandoned', count: abandoned });
      resolve({
        outcome: 'completed',
        ...ending,
        ...(overdue ? { outcome: 'overdue' } : {}),
        abandoned,
        stages,
      });
    };
    const end = (why: NonNullable<typeof ending>): void => {
      if (ending !== undefined) return;
      ending = why;
      deadline = setTimeout(() => finish(true), drainMs);
      stopping.next();
    };
    const stopped = (): void => end({ outcome: 'stopped' });
    const failed = (stage: string) => (error: unknown) => {
      sayOf(stage)({ type: 'failed', error });
      end({ outcome: 'failed', error });
      return EMPTY;
    };

    const sources = pipeline.sources.map((source, i) =>
      intake(source, books.sources[i]!, { open, stopping }, backoff, sayOf(books.sources[i]!.name)).pipe(
        catchError(failed(books.sources[i]!.name)),
      ),
    );
    const records = pipeline.operators.reduce<Observable<unknown>>(
      (flow, operator, i) =>
        flow.pipe(
          operator,
          tap(() => (books.operators[i]!.delivered += 1)),
          catchError(failed(books.operators[i]!.name)),
        ),
      merge(...sources),
    );
    const hub = new Subject<unknown>();
    const drains = merge(
      ...pipeline.sinks.map((sink, i) =>
        outlet(hub, sink, books.sinks[i]!, pressure, sayOf(books.sinks[i]!.name)).pipe(
          catchError(failed(books.sinks[i]!.name)),
        ),
      ),
    ).subscribe({ complete: () => queueMicrotask(() => finish(false)) });
    stop?.addEventListener('abort', stopped);
    drains.add(records.subscribe(hub));
    if (stop?.aborted === true) stopped();
  });
  return { pipeline: name, done, stages: () => readBooks(books), paused: () => !open.value };
}

function openBooks({ sources, operators, sinks }: Pipeline): Books {
  return {
    sources: sources.map((source) => ({
      name: traitsOf(source).name,
      delivered: 0,
      held: 0,
      retries: 0,
      rejected: new Map<string, number>(),
      dropped: new Map<string, number>(),
    })),
    operators: operators.map((operator, i) => ({ name: operator.name || `operator-${i + 1}`, delivered: 0 })),
    sinks: sinks.map((sink, i) => ({
      name: sink.name || `sink-${i + 1}`,
      delivered: 0,
      retries: 0,
      ledgers: [],
      targets: [],
    })),
  };
}
