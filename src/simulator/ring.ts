import type { EngineEvent } from './types.ts';

/** The engine keeps this many events of all types, and nothing else. */
const ringCapacity = 256;

export interface PublishedEvent {
  readonly nano: bigint;
  readonly event: EngineEvent;
  /** the line without its newline, with or without the fields dropped by API 1.52 */
  readonly line: (legacy: boolean) => string;
}

/** Several events filed at once; looked at only if they are replayed. */
export interface EventRun {
  readonly count: number;
  readonly at: (index: number) => PublishedEvent;
}

export interface Ring {
  readonly push: (run: EventRun) => void;
  /**
   * Goes back from the newest event and stops at the first one older than `since` (inclusive);
   * what is newer than `until` (inclusive) is left out. No bound at all replays nothing.
   */
  readonly replay: (since: bigint | undefined, until: bigint | undefined) => PublishedEvent[];
  readonly clear: () => void;
}

export function createRing(): Ring {
  let runs: EventRun[] = [];
  let total = 0;

  const newestFirst = function* (): Generator<PublishedEvent> {
    let left = ringCapacity;
    for (let r = runs.length - 1; r >= 0; r--) {
      const run = runs[r]!;
      for (let i = run.count - 1; i >= 0 && left > 0; i--, left--) yield run.at(i);
    }
  };

  return {
    push: (run) => {
      runs.push(run);
      total += run.count;
      let old = 0;
      while (total - runs[old]!.count >= ringCapacity) total -= runs[old++]!.count;
      if (old > 0) runs = runs.slice(old);
    },
    replay: (since, until) => {
      if (since === undefined && until === undefined) return [];
      const found: PublishedEvent[] = [];
      for (const published of newestFirst()) {
        if (since !== undefined && published.nano < since) break;
        if (until === undefined || published.nano <= until) found.push(published);
      }
      return found.reverse();
    },
    clear: () => {
      runs = [];
      total = 0;
    },
  };
}
