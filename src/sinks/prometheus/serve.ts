import type { Observable, Subscriber } from 'rxjs';
import { joinCheckpoints } from '../../core/checkpoints.ts';
import { messageOf } from '../../core/errors.ts';
import { persistently } from '../../core/persistently.ts';
import { shared } from '../../core/shared.ts';
import type { SinkSignal } from '../../core/types.ts';
import { openHttp } from '../../http/open-http.ts';
import { expose } from './exposure.ts';
import type { Exposure, Part } from './exposure.ts';
import { openLedger } from '../shared/ledger.ts';
import { limitCounts, tally } from './limits.ts';
import { openMeters } from './meters.ts';
import type { Metric } from './metric.ts';

export interface Settings<T> {
  readonly metrics: readonly Metric<T>[];
  readonly listen: string;
  readonly path: string;
  readonly seriesLimit: number;
  readonly labelLimit: number;
  readonly self: boolean;
}

/** Feeds the metrics with records, and serves them until the records end. Returns how to let go before. */
export function serve<T>(
  records: Observable<T>,
  { metrics, listen, path, seriesLimit, labelLimit, self }: Settings<T>,
  out: Subscriber<SinkSignal>,
): () => void {
  const say = (signal: SinkSignal): void => out.next(signal);
  const counts = limitCounts();
  const meters = openMeters(metrics, {
    seriesLimit,
    labelLimit,
    now: Date.now,
    count: (limit, metric) => tally(counts[limit], metric),
    failed(metric, error) {
      if (!counts.failed.has(metric))
        say({ type: 'notice', message: `${metric} could not read a record: ${messageOf(error)}` });
      tally(counts.failed, metric);
    },
  });
  const ledger = openLedger((count) => say({ type: 'delivered', count }));
  const restored = joinCheckpoints(`prometheus ${path}`, { snapshot: meters.read })?.restored;
  if (restored !== undefined) meters.restore(restored);
  say({ type: 'open', ledger: ledger.view, target: `http://${listen}${path}` });

  const abandoned = new AbortController();
  const show = opener({ listen, path, part: { families: meters.families, counts, self }, say });
  const showing = persistently(show, { backoff: undefined, signal: abandoned.signal, tell: say });
  /** Lets go of the server, also of one that is about to be opened. */
  const close = async (): Promise<void> => {
    ledger.flush();
    abandoned.abort();
    const leave = await showing.catch(unlessAborted);
    await leave?.();
  };
  const fail = (error: unknown): void => out.error(error);
  showing.catch(unlessAborted).catch(fail);
  const input = records.subscribe({
    next: (record) => ledger.note(meters.take(record)),
    error: (error: unknown) => void close().then(() => fail(error), fail),
    complete: () => void close().then(() => out.complete(), fail),
  });
  return () => {
    input.unsubscribe();
    void close().catch(() => undefined);
  };
}

interface Opening {
  readonly listen: string;
  readonly path: string;
  readonly part: Part;
  readonly say: (signal: SinkSignal) => void;
}

/** To be called where the sink is subscribed: those of one process find each other there. */
function opener({ listen, path, part, say }: Opening): () => Promise<() => Promise<void>> {
  const exposures = shared('prometheus', () => new Map<string, Exposure>());
  return async () => {
    const mount = await openHttp(listen, (message) => say({ type: 'notice', message }));
    try {
      const leave = expose(exposures, mount, path, part);
      say({ type: 'opened', target: `${mount.url}${path}`, serves: true });
      return leave;
    } catch (error) {
      await mount.release();
      throw error;
    }
  };
}

/** An error, but that of a waiting that was given up. */
function unlessAborted(error: unknown): undefined {
  if ((error as Error).name !== 'AbortError') throw error;
}
