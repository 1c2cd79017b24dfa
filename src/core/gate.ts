import { defer, filter, NEVER, Observable, Subject, switchMap, takeUntil, tap } from 'rxjs';
import type { MonoTypeOperatorFunction } from 'rxjs';

/** Reads the source only while the gate is open: closing it unsubscribes, opening it reads on from the cursor. */
export function whileOpen<T>(open: Observable<boolean>): MonoTypeOperatorFunction<T> {
  return (source) =>
    defer(() => {
      // The gate stays when the source completes: its end has to be told.
      const ended = new Subject<void>();
      const reading = source.pipe(tap({ complete: () => ended.next() }));
      return open.pipe(
        switchMap((isOpen) => (isOpen ? reading : NEVER)),
        takeUntil(ended),
      );
    });
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
 * through when the gate opens; its end comes behind them. Holds one record a key: as many as the source has keys.
 */
export function newestWhileClosed<T>(
  open: Observable<boolean>,
  { keyOf, held, replaced }: Conflation<T>,
): MonoTypeOperatorFunction<T> {
  return (source) =>
    new Observable((out) => {
      const newest = new Map<string, T>();
      let isOpen = true;
      let end: (() => void) | undefined;
      const release = (): void => {
        for (const [key, record] of newest) {
          if (!isOpen) return;
          newest.delete(key);
          held(newest.size);
          out.next(record);
        }
        end?.();
      };
      const passes = (record: T): boolean => {
        // While older records are let through, a newer one waits behind them.
        if (isOpen && newest.size === 0) return true;
        const key = keyOf(record);
        if (newest.delete(key)) replaced();
        newest.set(key, record);
        held(newest.size);
        return false;
      };
      const endBehind = (how: () => void): void => {
        end = how;
        if (newest.size === 0) end();
      };
      out.add(
        open.subscribe((next) => {
          isOpen = next;
          release();
        }),
      );
      out.add(
        source.pipe(filter(passes)).subscribe({
          next: (record) => out.next(record),
          error: (error: unknown) => endBehind(() => out.error(error)),
          complete: () => endBehind(() => out.complete()),
        }),
      );
    });
}
