import { defer, finalize, tap } from 'rxjs';
import type { Observable } from 'rxjs';
import type { SinkBooks } from './books.ts';
import type { FactOf } from './facts.ts';
import type { Pressure } from './pressure.ts';
import type { Sink, SinkSignal } from './types.ts';

/** A sink as a pipeline feeds it: its signals counted, told and turned into pressure on the sources. */
export function outlet<T>(
  records: Observable<T>,
  sink: Sink<T>,
  books: SinkBooks,
  pressure: Pick<Pressure, 'rise' | 'fall'>,
  say: (fact: FactOf<'opened' | 'retrying' | 'recovered' | 'notice'>) => void,
): Observable<SinkSignal> {
  let pauses = 0;
  const opened = ({ announced, ...fact }: Extract<SinkSignal, { type: 'opened' }>): void => {
    const at = books.targets.indexOf(announced ?? fact.target);
    if (at >= 0) books.targets[at] = fact.target;
    say(fact);
  };
  const hear = (signal: SinkSignal): void => {
    switch (signal.type) {
      case 'open':
        books.ledgers.push(signal.ledger);
        books.targets.push(signal.target);
        books.lingerMs = Math.max(books.lingerMs, signal.lingerMs ?? 0);
        return;
      case 'delivered':
        books.delivered += signal.count;
        return;
      case 'pause':
        pauses += 1;
        return pressure.rise();
      case 'resume':
        pauses -= 1;
        return pressure.fall();
      case 'retrying':
        books.retries += 1;
        books.retryMs = signal.delayMs;
        return say(signal);
      case 'recovered':
        books.retryMs = 0;
        return say(signal);
      case 'opened':
        books.opened += 1;
        return opened(signal);
      case 'notice':
        return say(signal);
    }
  };
  return defer(() => sink(records)).pipe(
    tap({
      next: hear,
      complete: () => (books.end = 'completed'),
      error: () => (books.end = 'failed'),
    }),
    // A sink that ends while full must not hold the others back.
    finalize(() => {
      for (; pauses > 0; pauses -= 1) pressure.fall();
    }),
  );
}
