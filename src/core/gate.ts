import { dematerialize, materialize, NEVER, Observable, switchMap } from 'rxjs';
import type { MonoTypeOperatorFunction } from 'rxjs';

/** Reads the source only while the gate is open: closing it unsubscribes, opening it reads on from the cursor. */
export function whileOpen<T>(open: Observable<boolean>): MonoTypeOperatorFunction<T> {
  return (source) =>
    // Without materialize the completion of the source would leave the gate waiting.
    open.pipe(
      switchMap((isOpen) => (isOpen ? source.pipe(materialize()) : NEVER)),
      dematerialize(),
    );
}

export interface Conflation<T> {
  readonly keyOf: (record: T) => string;
  /** Told whenever the number of records kept back changes. */
  readonly held: (count: number) => void;
  /** Told of each record that a newer one replaced. */
  readonly replaced: () => void;
}

/**
 * Reads the source all the time; while the gate is closed it keeps the newest record of each key, and lets them
 * through when the gate opens or the source ends. Holds one record a key: as many as the source has keys.
 */
export function newestWhileClosed<T>(
  open: Observable<boolean>,
  { keyOf, held, replaced }: Conflation<T>,
): MonoTypeOperatorFunction<T> {
  return (source) =>
    new Observable((out) => {
      const newest = new Map<string, T>();
      let isOpen = true;
      const release = (): void => {
        for (const [key, record] of newest) {
          if (!isOpen) return;
          newest.delete(key);
          held(newest.size);
          out.next(record);
        }
      };
      const gate = open.subscribe((next) => {
        isOpen = next;
        release();
      });
      const input = source.subscribe({
        next: (record) => {
          if (isOpen) return out.next(record);
          const key = keyOf(record);
          if (newest.delete(key)) replaced();
          newest.set(key, record);
          held(newest.size);
        },
        error: (error: unknown) => out.error(error),
        complete: () => {
          isOpen = true;
          release();
          out.complete();
        },
      });
      input.add(gate);
      return input;
    });
}
