import { map, Observable, takeWhile } from 'rxjs';
import type { OperatorCounts } from '../core/types.ts';

/** What an operator does with what comes in. */
export interface Taker<T> {
  readonly next: (record: T) => void;
  /** At completion, before it is passed on. */
  readonly complete?: () => void;
  /** However it ends. */
  readonly release?: () => void;
}

/** An operator that may emit any number of records for each that comes in, at once or later. */
export function emitting<T, R>(
  records: Observable<T>,
  open: (emit: (record: R) => void) => Taker<T>,
): Observable<R> {
  return new Observable<R>((out) => {
    const { next, complete, release } = open((record) => out.next(record));
    out.add(release);
    // By operators: what `next` throws is then passed on as an error, and a source that never yields can be stopped.
    const isWanted = (): boolean => !out.closed;
    out.add(
      records.pipe(takeWhile(isWanted), map(next)).subscribe({
        error: (error: unknown) => out.error(error),
        complete: () => {
          complete?.();
          out.complete();
        },
      }),
    );
  });
}

/** An operator that passes every record on, and behind it what was found out by it. */
export function finding<T, R>(
  records: Observable<T>,
  counts: OperatorCounts,
  find: (record: T) => R | undefined,
): Observable<T | R> {
  return emitting<T, T | R>(records, (emit) => ({
    next(record) {
      emit(record);
      const found = find(record);
      if (found === undefined) return;
      counts.added += 1;
      emit(found);
    },
  }));
}
