import { Observable } from 'rxjs';
import type { Subscriber } from 'rxjs';

/** Hands each record to every sink, in their order. */
export interface Hub<T> {
  readonly records: Observable<T>;
  readonly next: (record: T) => void;
  readonly complete: () => void;
}

/** What a Subject does, at a fraction of its cost a record. */
export function createHub<T>(): Hub<T> {
  // Never changed in place: a sink may come or go while a record is handed out.
  let outs: readonly Subscriber<T>[] = [];
  let ended = false;
  return {
    records: new Observable((out) => {
      if (ended) return out.complete();
      outs = [...outs, out];
      return () => {
        outs = outs.filter((other) => other !== out);
      };
    }),
    next(record) {
      for (const out of outs) out.next(record);
    },
    complete() {
      ended = true;
      for (const out of outs) out.complete();
    },
  };
}
