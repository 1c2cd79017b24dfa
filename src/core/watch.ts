import type { Books } from './books.ts';
import { lagWatch } from './lags.ts';
import { lossTeller } from './losses.ts';
import type { SayOf } from './facts.ts';
import { readBooks } from './read-books.ts';
import { stallWatch } from './stalls.ts';

/** When a run tells that it makes no progress. */
export interface WatchOptions {
  /** How often a run looks at its books, to tell what it lost and who makes no progress. Default 1 s. */
  readonly everyMs?: number;
  /** A sink is told as stalled when it has had records for so long and has delivered none. Default 30 s. */
  readonly stalledMs?: number;
  /** The event loop is told as blocked, afterwards, when it has stood still for so long. Default 5 s. */
  readonly blockedMs?: number;
}

/**
 * Looks at the books of a run now and then, and tells what counters alone do not: what was rejected and dropped since,
 * sinks that make no progress and how far each lags, an event loop that stood still. Returns its end, which tells what is left to tell.
 */
export function watch(
  books: Books,
  sayOf: SayOf,
  { everyMs = 1_000, stalledMs = 30_000, blockedMs = 5_000 }: WatchOptions = {},
): () => void {
  const tellLosses = lossTeller(sayOf);
  const writeLags = lagWatch(books.sinks);
  const tellStalls = stallWatch(books.sinks, stalledMs, sayOf);
  let lastMs = performance.now();
  let lastCpu = process.cpuUsage();
  // Time in which the event loop stood still is nobody's delay.
  let runningMs = 0;
  const look = (): void => {
    const nowMs = performance.now();
    const lateMs = nowMs - lastMs - everyMs;
    if (lateMs >= blockedMs) {
      const { user, system } = process.cpuUsage(lastCpu);
      sayOf('')({ type: 'blocked', seconds: lateMs / 1000, cpuSeconds: (user + system) / 1e6 });
    }
    lastMs = nowMs;
    lastCpu = process.cpuUsage();
    runningMs += everyMs + Math.min(lateMs, everyMs);
    tellLosses(readBooks(books));
    tellStalls(runningMs);
    writeLags(runningMs);
  };
  const timer = setInterval(look, everyMs).unref();
  return () => {
    clearInterval(timer);
    tellLosses(readBooks(books));
  };
}
