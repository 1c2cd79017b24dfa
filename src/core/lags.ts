import type { SinkBooks } from './books.ts';
import type { SinkLedger } from './types.ts';

interface Look {
  readonly atMs: number;
  /** How many records had come into the queue by then, those that left it included. */
  readonly entered: number;
}

/** So many are remembered; of a longer past every second one, so that what is told is a little less than it is. */
const MOST_LOOKS = 64;

/**
 * Writes into the books how far each sink lags: how long the oldest record that it holds has been there, at least, and
 * 0 where it holds none. What waits in front of a sink waits because of it, so a pipeline lags as far as the slowest of
 * its sinks. To be called now and then, with the time the process has been running: a record costs nothing, and one that
 * came since the last call counts as just come.
 */
export function lagWatch(sinks: readonly SinkBooks[]): (nowMs: number) => void {
  const looks = new Map<SinkLedger, readonly Look[]>();
  const lagOf = (ledger: SinkLedger, nowMs: number): number => {
    const { delivered, dropped, inFlight } = ledger;
    // The newest, when they are dropped, have never been in the queue.
    const left = delivered + (dropped['drop-oldest'] ?? 0);
    const held = (looks.get(ledger) ?? []).filter(({ entered }) => entered > left);
    const thinned = held.length < MOST_LOOKS ? held : held.filter((_, i) => i % 2 === 0);
    const kept = inFlight === 0 ? [] : [...thinned, { atMs: nowMs, entered: left + inFlight }];
    looks.set(ledger, kept);
    return kept.length === 0 ? 0 : (nowMs - kept[0]!.atMs) / 1_000;
  };
  return (nowMs) => {
    // What a sink held when it ended is abandoned.
    for (const sink of sinks)
      sink.lagSeconds =
        sink.end === undefined ? Math.max(0, ...sink.ledgers.map((ledger) => lagOf(ledger, nowMs))) : 0;
  };
}
