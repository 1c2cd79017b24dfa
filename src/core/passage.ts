import { catchError, defer, map } from 'rxjs';
import type { Observable, OperatorFunction } from 'rxjs';
import type { OperatorBooks } from './books.ts';
import { countingOf } from './define-operator.ts';
import { showTo } from './looks.ts';

/** An operator as a pipeline applies it: what goes in and what comes out are counted apart. */
export function passage(
  records: Observable<unknown>,
  operator: OperatorFunction<unknown, unknown>,
  books: OperatorBooks,
  failed: (error: unknown) => Observable<never>,
): Observable<unknown> {
  const counting = countingOf(operator);
  // By `map`, which costs half of what `tap` does.
  const entering = records.pipe(
    map((record) => {
      books.received += 1;
      return record;
    }),
  );
  return defer(() => (counting === undefined ? operator(entering) : counting(entering, books.counts))).pipe(
    map((record) => {
      books.delivered += 1;
      if (books.looks !== undefined) showTo(books.looks, record);
      return record;
    }),
    catchError((error: unknown) => {
      books.failed = true;
      return failed(error);
    }),
  );
}
