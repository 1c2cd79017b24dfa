import { finalize, tap } from 'rxjs';
import type { Observable } from 'rxjs';
import type { SinkBooks } from './books.ts';
import type { FactOf } from './facts.ts';
import type { Sink, SinkSignal } from './types.ts';

/** How many sinks are full at the moment. */
export interface Pressure {
  readonly rise: () => void;
  readonly fall: () => void;
}

/** A sink as a pipeline feeds it: its signals counted, told and turned into pressure on the sources. */
export function outlet<T>(
  records: Observable<T>,
  sink: Sink<T>,
  books: SinkBooks,
  pressure: Pressure,
  say: (fact: FactOf<'opened' | 'retrying' | 'recovered' | 'notice'>) => void,
): Observable<SinkSignal> {
  let pauses = 0;
  const hear = (signal: SinkSignal): void => {
    switch (signal.type) {
      case 'open':
        books.ledgers.push(signal.ledger);
        books.targets.push(signal.target);
        return say({ type: 'opened', target: signal.target });
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
        return say(signal);
      case 'recovered':
      case 'notice':
        return say(signal);
    }
  };
  return records.pipe(
    sink,
    tap(hear),
    // A sink that ends while full must not hold the others back.
    finalize(() => {
      for (; pauses > 0; pauses -= 1) pressure.fall();
    }),
  );
}
