import type { Observable } from 'rxjs';
import type { OpenLog } from './open-log.ts';

/** What full sinks do to logs. */
export interface LogGate {
  /** Whether nothing may be emitted now. */
  readonly isHeld: () => boolean;
  /** Asks about a container: at once, or when the gate opens. */
  readonly ask: (id: string) => void;
  readonly close: (log: OpenLog) => void;
  readonly end: () => void;
}

/** A log that is not rotated is held for so long; then it is closed, too. */
const HELD_MS = 10_000;

/**
 * While the gate is closed nothing is read. A log that is not rotated is only held, for an engine looks through all of it
 * to find where to go on. One that is rotated is closed at once: an engine's follower that stands still leaves out lines
 * unseen, and where it is asked to go on it can be seen.
 */
export function logGate(
  gate: Observable<boolean>,
  logs: Map<string, OpenLog>,
  inspect: (id: string) => void,
): LogGate {
  let isOpen = true;
  let patience: NodeJS.Timeout | undefined;
  const waiting = new Set<string>();
  const close = (log: OpenLog): void => {
    log.reading?.stop();
    logs.delete(log.id);
  };
  const closeFor = (which: (log: OpenLog) => boolean): void => {
    for (const log of [...logs.values()].filter(which)) {
      close(log);
      waiting.add(log.id);
    }
  };
  const hold = (): void => {
    closeFor(({ opened }) => opened.rotates);
    for (const { reading } of logs.values()) reading?.hold();
    patience = setTimeout(() => closeFor(() => true), HELD_MS);
  };
  const release = (): void => {
    for (const { reading } of [...logs.values()]) reading?.release();
    // What was released may have closed it again.
    if (!isOpen) return;
    for (const id of waiting) inspect(id);
    waiting.clear();
  };
  const subscription = gate.subscribe((next) => {
    isOpen = next;
    clearTimeout(patience);
    if (isOpen) release();
    else hold();
  });
  return {
    isHeld: () => !isOpen,
    ask: (id) => {
      if (isOpen) inspect(id);
      else waiting.add(id);
    },
    close,
    end() {
      subscription.unsubscribe();
      clearTimeout(patience);
      [...logs.values()].forEach(close);
    },
  };
}
