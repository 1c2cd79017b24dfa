import { collectDefaultMetrics, register } from 'prom-client';
import type { Bucket, Family, Series } from './family.ts';
import { printLabels } from './print-labels.ts';

/**
 * `process_*` and `nodejs_*`, as prom-client collects them from now on. It keeps them in its own registry, of which a
 * process has one: the program may have asked for them already. Resolves with how they stand.
 */
export function processFamilies(): () => Promise<readonly Family[]> {
  if (register.getSingleMetric('process_cpu_seconds_total') === undefined) collectDefaultMetrics();
  const metrics = register.getMetricsAsArray().filter(isOurs);
  return async () =>
    (await Promise.all(metrics.map(({ name }) => register.getSingleMetric(name)!.get()))).map(familyOf);
}

function familyOf({ name, help, type, values }: Metric): Family {
  const kind = String(type) as Family['type'];
  const series = kind === 'histogram' ? histograms(values) : values.map(seriesOf);
  return { name, help, type: kind, series: () => series };
}

/** Without the sums of others, which are gauges with the name of a counter. */
const isOurs = ({ name, type }: Pick<Metric, 'name' | 'type'>): boolean =>
  /^(process|nodejs)_/.test(name) && !(type === 'gauge' && name.endsWith('_total'));

interface Metric {
  readonly name: string;
  readonly help: string;
  readonly type: unknown;
  readonly values: readonly Value[];
}

interface Value {
  readonly labels: Readonly<Record<string, string | number | undefined>>;
  readonly value: number;
  /** Of a part of a histogram. */
  readonly metricName?: string;
}

const seriesOf = ({ labels, value }: Value): Series => ({ labels: printLabels(labels), value });

function histograms(values: readonly Value[]): readonly Series[] {
  const all = new Map<string, { value: number; readonly buckets: Bucket[] }>();
  for (const { labels, value, metricName = '' } of values) {
    const { le, ...own } = labels;
    const key = printLabels(own);
    const histogram = all.get(key) ?? { value: 0, buckets: [] };
    all.set(key, histogram);
    if (le !== undefined) histogram.buckets.push({ le: String(le), count: value });
    else if (metricName.endsWith('_sum')) histogram.value = value;
  }
  return [...all].map(([labels, histogram]) => ({ labels, ...histogram }));
}
