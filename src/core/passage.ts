import { defer, tap } from 'rxjs';
import type { Observable, OperatorFunction } from 'rxjs';
import type { OperatorBooks } from './books.ts';
import { countingOf } from './define-operator.ts';

/** An operator as a pipeline applies it: what goes in and what comes out are counted apart. */
export function passage(
  records: Observable<unknown>,
  operator: OperatorFunction<unknown, unknown>,
  books: OperatorBooks,
): Observable<unknown> {
  const counting = countingOf(operator);
  let inHand = false;
  const entering = records.pipe(
    tap({
      next: () => {
        books.received += 1;
        inHand = true;
      },
      complete: () => (inHand = false),
    }),
  );
  return defer(() => (counting === undefined ? operator(entering) : counting(entering, books.counts))).pipe(
    tap({
      next: () => {
        books.delivered += 1;
      },
      // An operator fails with the record it was given last, or at the end.
      error: () => {
        if (inHand) books.failed += 1;
      },
    }),
  );
}
