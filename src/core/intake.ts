import { defer, finalize, identity, map, takeUntil } from 'rxjs';
import type { Observable } from 'rxjs';
import type { Backoff } from './backoff.ts';
import { noteRecord, tally } from './books.ts';
import type { SourceBooks } from './books.ts';
import { traitsOf } from './define-source.ts';
import type { SourceFact } from './facts.ts';
import { newestWhileClosed, whileOpen } from './gate.ts';
import { supervise } from './supervise.ts';
import { showTo } from './looks.ts';
import type { Source } from './types.ts';

export interface IntakeSignals {
  /** False while a sink is full. */
  readonly open: Observable<boolean>;
  /** Emits when the pipeline is to end. */
  readonly stopping: Observable<void>;
}

/** A source as a pipeline reads it: supervised, counted, and held back while a sink is full. */
export function intake<T>(
  source: Source<T>,
  books: SourceBooks,
  { open, stopping }: IntakeSignals,
  backoff: Backoff | undefined,
  say: (fact: SourceFact) => void,
): Observable<T> {
  const { open: openWith, conflateBy, heedsGate = false, resumable } = traitsOf(source);
  const { counts, countsReceived } = books;
  let away = false;
  const hear = (fact: SourceFact): void => {
    if (fact.type === 'retrying') books.retries += 1;
    if (fact.type === 'retrying' || fact.type === 'recovered') books.away = fact.type === 'retrying';
    if (fact.type === 'rejected' || fact.type === 'dropped') {
      tally(books[fact.type], fact.reason, fact.count);
      if (!countsReceived) counts.received += fact.count;
    }
    if (fact.type === 'connected') {
      books.connects += 1;
      books.away = away = false;
    }
    say(fact);
  };
  const received = (record: T): T => {
    counts.received += 1;
    return record;
  };
  const emitted = countsReceived ? identity : map<T, T>(received);
  const supervised = defer(() => openWith(hear, open, counts)).pipe(
    emitted,
    supervise(backoff, (error, attempt, delayMs) => {
      books.retries += 1;
      books.away = away = true;
      say({ type: 'retrying', error, attempt, delayMs });
    }),
  );
  const count = (record: T): T => {
    books.delivered += 1;
    noteRecord(books, record);
    if (books.looks !== undefined) showTo(books.looks, record);
    if (away) {
      books.away = away = false;
      say({ type: 'recovered' });
    }
    return record;
  };
  const held =
    conflateBy !== undefined
      ? conflated(conflateBy)
      : supervised.pipe(resumable && !heedsGate ? whileOpen(open) : identity, takeUntil(stopping));
  return held.pipe(
    map(count),
    finalize(() => (books.ended = true)),
  );

  function conflated(keyOf: (record: T) => string): Observable<T> {
    // Ended before the gate: what the gate keeps back still comes through.
    const ending = supervised.pipe(takeUntil(stopping));
    const dropped = (): void => tally(books.dropped, 'conflated');
    return ending.pipe(
      newestWhileClosed(open, { keyOf, held: (count) => (counts.held = count), replaced: dropped }),
    );
  }
}
