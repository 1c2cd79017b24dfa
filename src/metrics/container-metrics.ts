import { checkOptions, texts } from '../core/check-options.ts';
import { labelPolicy } from '../records/labels.ts';
import type { Metric } from '../sinks/prometheus/metric.ts';
import { cadvisor } from './container-metrics/cadvisor.ts';
import { openMeter, type AnyRecord } from './container-metrics/meter.ts';
import { otel } from './container-metrics/otel.ts';

/** Options of {@link containerMetrics}. */
export interface ContainerMetricsOptions {
  /** `cadvisor`, the default: what its dashboards and alerts ask for. `otel`: OpenTelemetry's semantic conventions. */
  readonly names?: 'cadvisor' | 'otel';
  /** Globs of containers' labels that become labels of their metrics. Default: all that the source's option keeps. */
  readonly labels?: readonly string[];
}

const VOCABULARIES = { cadvisor, otel };

/**
 * Metrics of containers, for the `prometheus` sink, out of what `dockerContainers`, `dockerStats` and `dockerEvents`
 * tell of one engine; each engine needs a pipeline of its own. Other records are passed over.
 *
 * A container is shown once its facts are known, and ends with its run; when it started, when it was seen last and how
 * often it was killed for want of memory is shown for 5 minutes more. The kills, which `dockerEvents` tells, are counted
 * by name: a container made anew goes on. Under cAdvisor's names the series with `id="/"` is the sum over the containers
 * of the engine, counters from when dockrx began to read: of what else runs on the host no engine tells. Devices are
 * called by their numbers, for the engine has no other names. While the engine is away its last figures stand.
 * Bounds: those of the sink; 10,000 names.
 * Truth: cAdvisor's docs/storage/prometheus.md; OpenTelemetry semantic conventions 1.44.
 *
 * @example prometheus({ metrics: containerMetrics({ names: 'cadvisor' }) })
 */
export function containerMetrics(options: ContainerMetricsOptions = {}): readonly Metric<AnyRecord>[] {
  checkOptions('containerMetrics', options, {
    names: (value) => Object.hasOwn(VOCABULARIES, value as string) || "'cadvisor' or 'otel'",
    labels: texts,
  });
  const { names = 'cadvisor', labels = ['*'] } = options;
  const vocabulary = VOCABULARIES[names];
  const { stats, containers, lasting, engine } = vocabulary;
  return [
    {
      names: [...stats, ...containers, ...lasting, ...engine].map(({ name }) => name),
      open: (terms) => openMeter(vocabulary, labelPolicy(labels), terms),
    },
  ];
}
