import { Observable } from 'rxjs';
import type { Subscription } from 'rxjs';
import type { Sink, SinkLedger, SinkSignal } from '../../src/core/types.ts';

type SignalOf<T extends SinkSignal['type']> = Extract<SinkSignal, { type: T }>;

export interface Heard {
  readonly signals: readonly SinkSignal[];
  readonly ledger: SinkLedger;
  readonly mostInFlight: number;
}

export interface Listening {
  readonly signals: readonly SinkSignal[];
  /** Settles when the sink completes; rejects when it fails. */
  readonly end: Promise<Heard>;
  /** Resolves once the ledger is as wanted. */
  readonly until: (wanted: (ledger: SinkLedger) => boolean) => Promise<void>;
  /** Resolves with the first signal of a type, also when it has been given already. */
  readonly first: <T extends SinkSignal['type']>(type: T) => Promise<SignalOf<T>>;
  readonly stop: () => void;
}

const open = new Set<() => void>();

/** Ends what a failed test has left listening: its timers would keep the process. */
export function stopListening(): void {
  for (const stop of open) stop();
  open.clear();
}

/** Subscribes to a sink and audits its books at every record it takes and every signal it gives. */
export function listen(sink: Sink<unknown>, input: Observable<unknown>): Listening {
  const signals: SinkSignal[] = [];
  const waiting = new Set<() => void>();
  let ledger: SinkLedger | undefined;
  let subscription: Subscription | undefined;
  let offered = 0;
  let mostInFlight = 0;
  const audit = (): void => {
    if (ledger === undefined) return;
    const { received, delivered, inFlight, rejected, dropped } = ledger;
    const all = delivered + inFlight + sum(Object.values(rejected)) + sum(Object.values(dropped));
    if (all !== received || received !== offered)
      throw new Error(`the books do not balance after ${offered} records: ${JSON.stringify(ledger)}`);
    mostInFlight = Math.max(mostInFlight, inFlight);
  };
  const counted = new Observable<unknown>((out) =>
    input.subscribe({
      next: (record) => {
        offered += 1;
        out.next(record);
        audit();
      },
      error: (error: unknown) => out.error(error),
      complete: () => out.complete(),
    }),
  );
  const end = new Promise<Heard>((resolve, reject) => {
    subscription = sink(counted).subscribe({
      next: (signal) => {
        signals.push(signal);
        if (signal.type === 'open') ledger = signal.ledger;
        // Inside of its `next` a sink may give signals before it has counted the record.
        if (ledger?.received === offered) audit();
        for (const look of waiting) look();
      },
      error: reject,
      complete: () => {
        audit();
        resolve({ signals, ledger: ledger!, mostInFlight });
      },
    });
  });
  end.catch(() => undefined);
  const once = <R>(find: () => R | undefined): Promise<R> =>
    new Promise((resolve) => {
      const look = (): void => {
        const found = find();
        if (found === undefined) return;
        waiting.delete(look);
        resolve(found);
      };
      waiting.add(look);
      look();
    });
  const stop = (): void => subscription?.unsubscribe();
  open.add(stop);
  return {
    signals,
    end,
    until: async (wanted) => {
      await once(() => (ledger !== undefined && wanted(ledger) ? true : undefined));
    },
    first: (type) => once(() => ofType(signals, type)[0]),
    stop,
  };
}

export const numbered = (count: number): readonly { readonly seq: number }[] =>
  Array.from({ length: count }, (_, seq) => ({ seq }));

export const ofType = <T extends SinkSignal['type']>(
  signals: readonly SinkSignal[],
  type: T,
): readonly SignalOf<T>[] => signals.filter((signal): signal is SignalOf<T> => signal.type === type);

export const sum = (counts: readonly number[]): number => counts.reduce((all, count) => all + count, 0);
