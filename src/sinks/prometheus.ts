import { Observable } from 'rxjs';
import { checkOptions, flag, whole } from '../core/check-options.ts';
import type { Check } from '../core/check-options.ts';
import { keepingLedger } from '../core/queued.ts';
import type { Sink } from '../core/types.ts';
import { DEFAULT_LISTEN, listenAddress } from '../http/address.ts';
import type { Metric } from './prometheus/metric.ts';
import { checkDistinct, invalid } from './prometheus/names.ts';
import { serve } from './prometheus/serve.ts';

/** Options of {@link prometheus}. */
export interface PrometheusOptions<T> {
  /** Made by `counter`, `gauge`, `histogram` and `readings`. */
  readonly metrics: readonly Metric<T>[];
  /** `HOST:PORT`; port 0 takes a free one. Default `127.0.0.1:9808`. */
  readonly listen?: string;
  /** Default `/metrics`. */
  readonly path?: string;
  /** Series of each metric. Default 10,000. */
  readonly seriesLimit?: number;
  /** Characters of a label's value; what is longer is cut, and counted. Default 200. */
  readonly labelLimit?: number;
  /** Whether it also tells of dockrx itself and of its process. Default true. */
  readonly self?: boolean;
}

const isPath: Check = (value) =>
  (typeof value === 'string' && /^\/[\w./-]*$/.test(value)) || "a path, such as '/metrics'";

/**
 * Serves metrics to Prometheus. It takes every record at once and holds none, so it never pauses a source; a record that
 * a metric cannot read is rejected as `unreadable`, and told once a metric. Several sinks at one address and path are
 * served together; the same metric in two of them is an error `CONFIG_INVALID`.
 * Text 0.0.4, or OpenMetrics 1.0.0 where the client prefers it, with exemplars and `_created`; gzip.
 * In a run with checkpoints counters and histograms outlive the process, exactly.
 * Bounds: `seriesLimit`, `labelLimit`; 8 scrapes at once, of which nothing is held beyond what a client takes.
 * Errors: `SINK_REFUSED` when the address is in use.
 *
 * @example
 * prometheus({
 *   metrics: [
 *     counter({ name: 'events_total', help: 'Events.', labels: ({ type }: DockerEvent) => ({ type }) }),
 *   ],
 * })
 */
export function prometheus<T>(options: PrometheusOptions<T>): Sink<T> {
  checkOptions('prometheus', options, {
    metrics: (value) => (Array.isArray(value) && value.every(isMetric)) || 'a list of metrics',
    listen: listenAddress,
    path: isPath,
    seriesLimit: whole,
    labelLimit: whole,
    self: flag,
  });
  const {
    metrics,
    listen = DEFAULT_LISTEN,
    path = '/metrics',
    seriesLimit = 10_000,
    labelLimit = 200,
    self = true,
  } = options;
  if ((metrics as unknown) === undefined) throw invalid('prometheus: it needs metrics, a list of them');
  checkDistinct(
    'prometheus',
    metrics.flatMap(({ names }) => names),
  );
  const settings = { metrics, listen, path, seriesLimit, labelLimit, self };
  return keepingLedger('prometheus', (records) => new Observable((out) => serve(records, settings, out)));
}

const isMetric = (value: unknown): boolean =>
  typeof (Object(value) as Partial<Metric<unknown>>).open === 'function';
