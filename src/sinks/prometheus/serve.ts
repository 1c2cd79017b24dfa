import type { Observable, Subscriber } from 'rxjs';
import { joinCheckpoints } from '../../core/checkpoints.ts';
import { messageOf } from '../../core/errors.ts';
import { shared } from '../../core/shared.ts';
import type { SinkSignal } from '../../core/types.ts';
import { serving } from '../shared/serving.ts';
import { expose } from './exposure.ts';
import type { Exposure } from './exposure.ts';
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
  const restored = joinCheckpoints(`prometheus ${path}`, { snapshot: meters.read })?.restored;
  if (restored !== undefined) meters.restore(restored);
  // To be asked for where the sink is subscribed: those of one process find each other there.
  const exposures = shared('prometheus', () => new Map<string, Exposure>());
  const part = { families: meters.families, counts, self };
  return serving(
    records,
    { listen, path, take: meters.take, mount: (http) => expose(exposures, http, path, part) },
    out,
  );
}
