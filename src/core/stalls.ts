import type { SinkBooks } from './books.ts';
import type { SayOf } from './facts.ts';

interface Seen {
  delivered: number;
  retries: number;
  sinceMs: number;
}

/**
 * Tells of a sink that has had records for `stalledMs` and has delivered none: a write that never settles, a disk that
 * hangs. One that waits to try again, or for its batch to fill, has that time more. Only sinks with a ledger are looked
 * at: of others nobody knows what they hold. To be called now and then, with the time the process has been running.
 */
export function stallWatch(
  sinks: readonly SinkBooks[],
  stalledMs: number,
  sayOf: SayOf,
): (nowMs: number) => void {
  const seen = new Map<SinkBooks, Seen>();
  const look = (sink: SinkBooks, nowMs: number): void => {
    const { name, ledgers, retries, retryMs, lingerMs, end } = sink;
    // What it held is abandoned then.
    if (end !== undefined) return;
    const inFlight = ledgers.reduce((sum, ledger) => sum + ledger.inFlight, 0);
    const delivered = ledgers.reduce((sum, ledger) => sum + ledger.delivered, 0);
    const last = seen.get(sink);
    if (last === undefined || inFlight === 0 || delivered > last.delivered || retries > last.retries) {
      // A retry has been told as such: it works again only when it delivers.
      if (sink.stalled && retries === last?.retries) sayOf(name)({ type: 'recovered' });
      sink.stalled = false;
      seen.set(sink, { delivered, retries, sinceMs: nowMs });
      return;
    }
    const waitedMs = nowMs - last.sinceMs;
    if (sink.stalled || waitedMs < stalledMs + lingerMs + retryMs) return;
    sink.stalled = true;
    sink.stalls += 1;
    sayOf(name)({ type: 'stalled', seconds: waitedMs / 1000, inFlight });
  };
  return (nowMs) => {
    for (const sink of sinks) look(sink, nowMs);
  };
}
