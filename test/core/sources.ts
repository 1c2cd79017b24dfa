import { Observable } from 'rxjs';
import { defineSource } from '../../src/core/define-source.ts';
import type { Json, Source } from '../../src/core/types.ts';

export interface Counting {
  /** Emits 0, 1, 2 … up to the total, some in each turn of the event loop; subscribed to again it reads on. */
  readonly source: Source<number>;
  readonly subscriptions: () => number;
  readonly emitted: () => number;
}

export interface CountingOptions {
  readonly perTurn?: number;
  /** Called before each record; what it throws is the error of the source. */
  readonly before?: (seq: number) => void;
}

/** A cold source that remembers what it has emitted, as every source of ours does. */
export function counting(total: number, { perTurn = 100, before }: CountingOptions = {}): Counting {
  let cursor = 0;
  let subscriptions = 0;
  const open = (): Observable<number> =>
    new Observable((out) => {
      subscriptions += 1;
      let turn: NodeJS.Immediate | undefined;
      const emit = (): void => {
        for (let left = perTurn; left > 0 && cursor < total && !out.closed; left -= 1) {
          try {
            before?.(cursor);
          } catch (error) {
            out.error(error);
            return;
          }
          cursor += 1;
          out.next(cursor - 1);
        }
        if (cursor === total) out.complete();
        else if (!out.closed) turn = setImmediate(emit);
      };
      turn = setImmediate(emit);
      return () => clearImmediate(turn);
    });
  const place = { read: () => cursor, restore: (saved: Json) => void (cursor = saved as number) };
  return {
    source: defineSource({ name: 'numbers', open, cursor: place }),
    subscriptions: () => subscriptions,
    emitted: () => cursor,
  };
}

/** As {@link counting}, but within `subscribe`: as many as its reader takes. */
export function eager(total: number): Counting {
  let cursor = 0;
  let subscriptions = 0;
  const open = (): Observable<number> =>
    new Observable((out) => {
      subscriptions += 1;
      while (cursor < total && !out.closed) {
        cursor += 1;
        out.next(cursor - 1);
      }
      out.complete();
    });
  return {
    source: defineSource({ name: 'numbers', open }),
    subscriptions: () => subscriptions,
    emitted: () => cursor,
  };
}

export const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from }, (_, i) => from + i);
