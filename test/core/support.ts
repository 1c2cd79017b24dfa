import { Observable } from 'rxjs';
import { setImmediate as turn } from 'node:timers/promises';
import type { QueueOptions } from '../../src/core/bounded-queue.ts';
import { defineSource } from '../../src/core/define-source.ts';
import { queued } from '../../src/core/queued.ts';
import type { Run } from '../../src/core/run.ts';
import type { Sink, Source, StageCounters } from '../../src/core/types.ts';

/** Numbers from 0 on, so many a turn of the event loop; subscribed to again it reads on from its cursor. */
export function numbers(count: number, perTurn = 1000): Source<number> {
  let next = 0;
  const open = (): Observable<number> =>
    new Observable((out) => {
      const emit = (): void => {
        for (let i = 0; i < perTurn && next < count && !out.closed; i += 1) {
          next += 1;
          out.next(next - 1);
        }
        if (next === count) out.complete();
        else if (!out.closed) planned = setImmediate(emit);
      };
      let planned = setImmediate(emit);
      return () => clearImmediate(planned);
    });
  return defineSource({ name: 'numbers', open });
}

export interface Slow {
  readonly sink: Sink<number>;
  readonly written: number[];
}

/** A sink that writes `perTurn` records a turn of the event loop at most. */
export function slowSink(perTurn: number, queue: QueueOptions, name = 'slow'): Slow {
  const written: number[] = [];
  const sink = queued<number, number>({
    name,
    target: 'memory',
    queue,
    encode: (record) => record,
    sizeOf: () => 8,
    batch: { bytes: 8, lingerMs: 0 },
    open: () =>
      Promise.resolve({
        write: async (batch) => {
          for (let i = 0; i < batch.length; i += perTurn) {
            await turn();
            written.push(...batch.slice(i, i + perTurn));
          }
        },
        close: () => Promise.resolve(),
      }),
  });
  return { sink, written };
}

export const sum = (reasons: Readonly<Record<string, number>>): number =>
  Object.values(reasons).reduce((all, count) => all + count, 0);

/** What a stage received less all that it knows of: always zero. */
export const missing = ({ received, delivered, rejected, dropped, inFlight }: StageCounters): number =>
  received - delivered - sum(rejected) - sum(dropped) - inFlight;

/** Looks at a run in every turn of the event loop until it is over. */
export async function watched(run: Run, look: (stages: readonly StageCounters[]) => void): Promise<void> {
  const state = { over: false };
  void run.done.then(() => (state.over = true));
  while (!state.over) {
    look(run.stages());
    await turn();
  }
  look(run.stages());
}
