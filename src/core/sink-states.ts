import type { BoundedQueue } from './bounded-queue.ts';
import { joinCheckpoints } from './checkpoints.ts';
import type { Membership } from './checkpoints.ts';
import type { Json } from './types.ts';

/** A sink's part in the checkpoints of its run: who asks for its state, and where it stands at the mark of the queue. */
export interface SinkStates {
  /** Nothing in a run without checkpoints. */
  readonly membership: Membership | undefined;
  /** Whether the state at the mark has been asked for and not been told. */
  readonly isAsked: boolean;
  /** The mark has been reached: tells the state there, and goes on. */
  readonly answer: (state: Promise<Json>) => void;
  /** The sink has ended, with this state or with an error: it is told to all who ask. */
  readonly end: (state: Promise<Json>) => void;
}

export interface SinkStatesOptions {
  readonly name: string;
  readonly queue: Pick<BoundedQueue<unknown>, 'mark' | 'unmark'>;
  /** Called when a state has been asked for. */
  readonly asked: () => void;
  /** The error of a branch that has failed, when it has: what it has swallowed must not count as delivered. */
  readonly broken: () => { readonly error: unknown } | undefined;
  readonly kept: (state: Json) => void;
}

export function sinkStates({ name, queue, asked, broken, kept }: SinkStatesOptions): SinkStates {
  let asking: ((state: Promise<Json>) => void)[] = [];
  let final: Promise<Json> | undefined;
  const tell = (state: Promise<Json>): void => {
    const all = asking;
    asking = [];
    for (const resolve of all) resolve(state);
  };
  const membership = joinCheckpoints(name, {
    snapshot: () => {
      if (final !== undefined) return final;
      const failure = broken();
      if (failure !== undefined) throw failure.error;
      return new Promise<Json>((resolve) => {
        queue.mark();
        asking.push(resolve);
        asked();
      });
    },
    kept,
  });
  return {
    membership,
    get isAsked() {
      return asking.length > 0;
    },
    answer(state) {
      queue.unmark();
      tell(state);
    },
    end(state) {
      final = state;
      tell(state);
    },
  };
}
