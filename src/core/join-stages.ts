import { catchError, merge } from 'rxjs';
import type { Observable } from 'rxjs';
import type { Backoff } from './backoff.ts';
import type { Books } from './books.ts';
import type { SayOf, SourceFact } from './facts.ts';
import { createHub } from './hub.ts';
import type { Hub } from './hub.ts';
import { intake } from './intake.ts';
import { outlet } from './outlet.ts';
import { passage } from './passage.ts';
import type { Pressure } from './pressure.ts';
import type { Pipeline, SinkSignal } from './types.ts';

export interface Joining {
  /** Emits when the sources are to end. */
  readonly stopping: Observable<void>;
  readonly backoff: Backoff | undefined;
  readonly pressure: Pressure;
  readonly sayOf: SayOf;
  /** What takes the place of a stage that has failed. */
  readonly failed: (stage: string) => (error: unknown) => Observable<never>;
}

export interface Flow {
  /** Through the sources and operators; to be handed to the hub. */
  readonly records: Observable<unknown>;
  readonly hub: Hub<unknown>;
  /** Everything the sinks say, until all of them have ended. */
  readonly sinks: Observable<SinkSignal>;
}

/** Joins the stages of a pipeline, each counted in its books. Subscribe the sinks first: nothing waits for them. */
export function joinStages(
  pipeline: Pipeline,
  books: Books,
  { stopping, backoff, pressure, sayOf, failed }: Joining,
): Flow {
  const signals = { open: pressure.open, stopping };
  const sources = pipeline.sources.map((source, i) => {
    const book = books.sources[i]!;
    return intake(source, book, signals, backoff, exceptLosses(sayOf(book.name))).pipe(
      catchError(failed(book.name)),
    );
  });
  const records = pipeline.operators.reduce<Observable<unknown>>(
    (flow, operator, i) => {
      const book = books.operators[i]!;
      return passage(flow, operator, book, failed(book.name));
    },
    merge(...sources),
  );
  const hub = createHub<unknown>(books.handed);
  const sinks = pipeline.sinks.map((sink, i) => {
    const book = books.sinks[i]!;
    return outlet(hub.recordsFor(book), sink, book, pressure, sayOf(book.name)).pipe(
      catchError(failed(book.name)),
    );
  });
  return { records, hub, sinks: merge(...sinks) };
}

/** What is lost record by record is told by the watch, added up. */
const exceptLosses =
  (say: (fact: SourceFact) => void) =>
  (fact: SourceFact): void => {
    if (fact.type !== 'rejected' && fact.type !== 'dropped') say(fact);
  };
