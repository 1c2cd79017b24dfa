import type { Family } from '../../../src/sinks/prometheus/family.ts';
import type { Format } from '../../../src/sinks/prometheus/format.ts';
import { openMetricsFormat, textFormat } from '../../../src/sinks/prometheus/format.ts';
import type { Meter, Metric } from '../../../src/sinks/prometheus/metric.ts';
import { render } from '../../../src/sinks/prometheus/render.ts';

export interface Metering<T> extends Meter<T> {
  /** The samples, a line each, without what stands above them. */
  readonly lines: () => Promise<readonly string[]>;
  readonly openMetrics: () => Promise<string>;
  /** What the limits cost, as `limited NAME` and `cut NAME`. */
  readonly costs: readonly string[];
  readonly failures: readonly string[];
  /** Lets so much time pass. */
  readonly pass: (ms: number) => void;
}

export const START = Date.parse('2026-11-22T12:00:00Z');

/** A metric that is fed, with a clock that stands still. */
export function metering<T>(
  metric: Metric<T>,
  {
    seriesLimit = 100,
    labelLimit = 200,
  }: { readonly seriesLimit?: number; readonly labelLimit?: number } = {},
): Metering<T> {
  const costs: string[] = [];
  const failures: string[] = [];
  let nowMs = START;
  const meter = metric.open({
    seriesLimit,
    labelLimit,
    now: () => nowMs,
    count: (limit, name) => costs.push(`${limit} ${name}`),
    failed: (name, error) => failures.push(`${name}: ${(error as Error).message}`),
  });
  return {
    ...meter,
    lines: async () => {
      const text = await rendered(meter.families, textFormat);
      return text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    },
    openMetrics: () => rendered(meter.families, openMetricsFormat),
    costs,
    failures,
    pass: (ms) => (nowMs += ms),
  };
}

export async function rendered(families: Iterable<Family>, format: Format): Promise<string> {
  let text = '';
  for await (const chunk of render(families, format)) text += chunk;
  return text;
}
