import { Observable, Subscription } from 'rxjs';
import type { Subscriber } from 'rxjs';
import { defineSource } from '../core/define-source.ts';
import type { Source } from '../core/types.ts';
import type { Bell } from '../journal/bell.ts';

/** What takes the place of the sources of pipelines: each is fed with what one source has emitted. */
export interface Inputs {
  /** A source that is fed with what the recorded source of this number has emitted. */
  readonly add: (name: string, number: number) => Source<unknown>;
  readonly feed: (number: number, record: unknown) => void;
  readonly complete: (number: number) => void;
  readonly completeAll: () => void;
  readonly fail: (error: unknown) => void;
  /** Whether nobody reads any of them. */
  readonly areUnread: () => boolean;
  /** Whether a sink behind one of them is full. */
  readonly areHeld: () => boolean;
  /** Looks after the sinks no longer. */
  readonly release: () => void;
}

interface Input {
  readonly number: number;
  out: Subscriber<unknown> | undefined;
}

/** `target`: where they come from, for people. `ring`: called when they are unread, or no longer held. */
export function createInputs(target: string, ring: Bell['ring']): Inputs {
  const inputs: Input[] = [];
  const known = new Set<Observable<boolean>>();
  const closed = new Set<Observable<boolean>>();
  const watching = new Subscription();
  const watch = (gate: Observable<boolean>): void => {
    if (known.has(gate)) return;
    known.add(gate);
    watching.add(
      gate.subscribe((isOpen) => {
        if (isOpen) closed.delete(gate);
        else closed.add(gate);
        ring();
      }),
    );
  };
  const outsOf = (number: number): readonly (Subscriber<unknown> | undefined)[] =>
    inputs.filter((input) => input.number === number).map(({ out }) => out);
  return {
    add(name, number) {
      const input: Input = { number, out: undefined };
      inputs.push(input);
      return defineSource<unknown>({
        name,
        heedsGate: true,
        open: (tell, gate) =>
          new Observable((out) => {
            tell({ type: 'connected', to: target, simulated: false });
            // Not for this subscription only: sinks are full, too, by what comes out behind the end of the sources.
            watch(gate);
            input.out = out;
            return () => {
              input.out = undefined;
              ring();
            };
          }),
      });
    },
    feed(number, record) {
      for (const input of inputs) if (input.number === number) input.out?.next(record);
    },
    complete: (number) => outsOf(number).forEach((out) => out?.complete()),
    completeAll: () => inputs.map(({ out }) => out).forEach((out) => out?.complete()),
    fail: (error) => inputs.map(({ out }) => out).forEach((out) => out?.error(error)),
    areUnread: () => inputs.every(({ out }) => out === undefined),
    areHeld: () => closed.size > 0,
    release: () => watching.unsubscribe(),
  };
}
