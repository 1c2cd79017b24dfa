import { of } from 'rxjs';
import type { Observable, Subscription } from 'rxjs';
import { sourceCounts, traitsOf } from '../../src/core/define-source.ts';
import type { SourceFact } from '../../src/core/facts.ts';
import type { Source, SourceCounts } from '../../src/core/types.ts';

/** What a source has said so far. */
export interface Hearing<T> {
  readonly records: readonly T[];
  readonly facts: readonly SourceFact[];
  /** What it counts of itself. */
  readonly counts: SourceCounts;
  /** Of what it received, what it neither emitted nor accounted for. */
  readonly missing: () => number;
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

const open = new Set<Hearing<unknown>>();

/** Ends what a test has left open. Fails when a source has not accounted for all it received. */
export function stopHearing(): void {
  const hearings = [...open];
  open.clear();
  for (const { stop } of hearings) stop();
  for (const { missing, counts } of hearings)
    if (missing() !== 0)
      throw new Error(`${missing()} records of a source are missing: ${JSON.stringify(counts)}`);
}

/** Subscribes to a source, hearing its facts too, as a run does; the gate is false while a sink is full. */
export function hear<T>(source: Source<T>, gate: Observable<boolean> = of(true)): Hearing<T> {
  const records: T[] = [];
  const facts: SourceFact[] = [];
  const counts = sourceCounts();
  const { countsReceived } = traitsOf(source);
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
      .open(
        (fact) => {
          facts.push(fact);
          look();
        },
        gate,
        counts,
      )
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
  const hearing: Hearing<T> = {
    records,
    facts,
    counts,
    missing: () => {
      if (countsReceived !== true) return 0;
      const rejected = facts.reduce((sum, fact) => sum + (fact.type === 'rejected' ? fact.count : 0), 0);
      const { received, added, filtered, deduplicated, held } = counts;
      return received + added - records.length - filtered - deduplicated - rejected - held;
    },
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
  open.add(hearing);
  return hearing;
}

/** Longer than any test waits for one thing: what has timed out is not to keep the process. */
const GIVEN_UP_MS = 600_000;

/** Resolves when it is so, for facts that nobody announces. */
export async function becomes(isSo: () => boolean | Promise<boolean>): Promise<void> {
  const endMs = performance.now() + GIVEN_UP_MS;
  while (!(await isSo())) {
    if (performance.now() > endMs) throw new Error(`it never became so: ${isSo.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
