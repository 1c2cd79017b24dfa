import { backoffMs } from '../../core/backoff.ts';

/** Logs that are to be opened again, each sooner or later by how often in a row that has brought nothing. */
export interface Attempts {
  /** Its log has ended, for now, or could not be had. Returns how often in a row without a line. */
  readonly again: (id: string, hadLines: boolean) => number;
  readonly forget: (id: string) => void;
  readonly clear: () => void;
}

export function attempts(ask: (id: string) => void): Attempts {
  const inVain = new Map<string, number>();
  const timers = new Map<string, NodeJS.Timeout>();
  return {
    again(id, hadLines) {
      const times = hadLines ? 0 : (inVain.get(id) ?? 0) + 1;
      inVain.set(id, times);
      clearTimeout(timers.get(id));
      const go = (): void => {
        timers.delete(id);
        ask(id);
      };
      // The first time it is the end of a run, most likely.
      timers.set(id, setTimeout(go, times < 2 ? 0 : backoffMs(times, { firstMs: 500 })));
      return times;
    },
    forget: (id) => void inVain.delete(id),
    clear() {
      for (const timer of timers.values()) clearTimeout(timer);
    },
  };
}
