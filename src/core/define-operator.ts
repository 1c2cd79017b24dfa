import type { Observable, OperatorFunction } from 'rxjs';
import type { OperatorCounts } from './types.ts';

/** An operator that adds to the counts of the run that applies it. */
export type CountingOperator<T, R> = (records: Observable<T>, counts: OperatorCounts) => Observable<R>;

const counting = Symbol.for('dockrx.operator');

/**
 * Makes an operator of which the run knows exactly what became of each record: one that is neither emitted nor counted
 * is missing. One that counts nothing emits a record for each. It is named as the function is.
 *
 * @example
 * defineOperator(function withoutExecs(events: Observable<DockerEvent>, counts) {
 *   return events.pipe(
 *     filter(({ action }) => {
 *       const passes = !action.startsWith('exec_');
 *       if (!passes) counts.filtered += 1;
 *       return passes;
 *     }),
 *   );
 * })
 */
export function defineOperator<T, R>(operator: CountingOperator<T, R>): OperatorFunction<T, R> {
  const plain = (records: Observable<T>): Observable<R> => operator(records, operatorCounts());
  return Object.defineProperties(plain, { name: { value: operator.name }, [counting]: { value: operator } });
}

/** The operator as one that counts, where it was made by {@link defineOperator}. */
export function countingOf<T, R>(operator: OperatorFunction<T, R>): CountingOperator<T, R> | undefined {
  return (operator as { [counting]?: CountingOperator<T, R> })[counting];
}

export const operatorCounts = (): OperatorCounts => ({
  added: 0,
  filtered: 0,
  deduplicated: 0,
  aggregated: 0,
  held: 0,
});
