import { BehaviorSubject, distinctUntilChanged, map } from 'rxjs';
import type { Observable } from 'rxjs';
import type { FactOf } from './facts.ts';

/** What full sinks do to the sources. */
export interface Pressure {
  /** False while a sink is full. */
  readonly open: Observable<boolean>;
  readonly paused: () => boolean;
  /** One more sink is full. */
  readonly rise: () => void;
  readonly fall: () => void;
}

export function createPressure(say: (fact: FactOf<'paused' | 'resumed'>) => void): Pressure {
  const open = new BehaviorSubject(true);
  let fullSinks = 0;
  return {
    // What is so now and not what is told: the first source to read on can fill a sink before the next one has heard.
    open: open.pipe(
      map(() => open.value),
      distinctUntilChanged(),
    ),
    paused: () => !open.value,
    rise() {
      fullSinks += 1;
      if (fullSinks > 1) return;
      say({ type: 'paused' });
      open.next(false);
    },
    fall() {
      fullSinks -= 1;
      if (fullSinks > 0) return;
      say({ type: 'resumed' });
      open.next(true);
    },
  };
}
