import { of } from 'rxjs';
import type { Observable, Subscription } from 'rxjs';
import { traitsOf } from '../../src/core/define-source.ts';
import type { SourceFact } from '../../src/core/facts.ts';
import type { Source } from '../../src/core/types.ts';

/** What a source has said so far. */
export interface Hearing<T> {
  readonly records: readonly T[];
  readonly facts: readonly SourceFact[];
  /** The error it ended with. */
  readonly error: unknown;
  /** Resolves when it is so; asked again at every record and fact. Rejects when the source ends before. */
  readonly until: (isSo: (hearing: Hearing<T>) => boolean) => Promise<void>;
  /** Resolves with the error when the source ends with one. */
  readonly failure: Promise<unknown>;
  /** Resolves when the source completes. */
  readonly end: Promise<void>;
  readonly stop: () => void;
}

const open = new Set<() => void>();

/** Ends what a failed test has left open. */
export function stopHearing(): void {
  for (const stop of open) stop();
  open.clear();
}

/** Subscribes to a source, hearing its facts too, as a run does; the gate is false while a sink is full. */
export function hear<T>(source: Source<T>, gate: Observable<boolean> = of(true)): Hearing<T> {
  const records: T[] = [];
  const facts: SourceFact[] = [];
  const waiting = new Set<() => void>();
  let error: unknown;
  let ended = false;
  let subscription: Subscription | undefined;
  const look = (): void => {
    for (const check of waiting) check();
  };
  let complete: () => void;
  const end = new Promise<void>((resolve) => (complete = resolve));
  const failure = new Promise<unknown>((resolve) => {
    subscription = traitsOf(source)
      .open((fact) => {
        facts.push(fact);
        look();
      }, gate)
      .subscribe({
        next: (record) => {
          records.push(record);
          look();
        },
        error: (thrown: unknown) => {
          error = thrown;
          ended = true;
          look();
          resolve(thrown);
        },
        complete: () => {
          ended = true;
          look();
          complete();
        },
      });
  });
  const stop = (): void => subscription?.unsubscribe();
  open.add(stop);
  const hearing: Hearing<T> = {
    records,
    facts,
    get error() {
      return error;
    },
    failure,
    end,
    stop,
    until: (isSo) =>
      new Promise((resolve, reject) => {
        const check = (): void => {
          if (isSo(hearing)) resolve();
          else if (ended)
            reject(error instanceof Error ? error : new Error(`the source ended: ${String(error)}`));
          else return;
          waiting.delete(check);
        };
        waiting.add(check);
        check();
      }),
  };
  return hearing;
}

/** Resolves when it is so, for facts that nobody announces. */
export async function becomes(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 5));
}
