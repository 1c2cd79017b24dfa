import { callback } from '../../core/check-options.ts';
import type { Check } from '../../core/check-options.ts';
import type { Labels } from '../../records/labels.ts';
import type { Bucket, Exemplar } from './family.ts';
import type { Metric } from './metric.ts';
import { invalid } from './names.ts';
import { checkLabelled, labelledChecks, slotMetric } from './slot-metric.ts';
import type { LabelledOptions } from './slot-metric.ts';
import type { Slot } from './slots.ts';

/** Options of {@link histogram}. */
export interface HistogramOptions<T> extends LabelledOptions<T> {
  /** Upper bounds, ascending; one without a bound is added. */
  readonly buckets: readonly number[];
  /** What it observes; undefined: nothing. */
  readonly value: (record: T) => number | undefined;
  /** What tells of the last record of each bucket, an event's id: at most 128 characters. Printed as OpenMetrics only. */
  readonly exemplar?: (record: T) => Labels | undefined;
}

interface HistogramSlot extends Slot {
  sum: number;
  /** Of each bucket alone, in their order; the last one has no bound. */
  readonly counts: number[];
  readonly exemplars: (Exemplar | undefined)[];
}

/**
 * How values are distributed: how many were at most each bound, and their sum. In a run with checkpoints they outlive
 * the process, exactly, as long as the bounds stay the same.
 * Bounds: `seriesLimit`; what would be a further series counts in one of which every label is `__other__`.
 *
 * @example
 * histogram({
 *   name: 'container_life_seconds',
 *   help: 'How long containers lived.',
 *   buckets: [1, 10, 60, 600, 3_600, 86_400],
 *   labels: ({ container }: Session) => ({ image: container.image }),
 *   value: ({ durationSeconds }) => durationSeconds,
 * })
 */
export function histogram<T>(options: HistogramOptions<T>): Metric<T> {
  checkLabelled('histogram', options, {
    ...labelledChecks,
    buckets: areBounds,
    value: callback,
    exemplar: callback,
  });
  const { name, buckets: bounds, value, exemplar } = options;
  if (typeof value !== 'function') throw invalid(`histogram: ${name} needs a value, a function of a record`);
  const all = [...bounds, Infinity];
  const texts = all.map(boundText);
  return slotMetric<T, HistogramSlot>(options, {
    type: 'histogram',
    kept: true,
    exemplar,
    amountOf(record) {
      const amount = value(record);
      if (amount !== undefined && !Number.isFinite(amount))
        throw new RangeError(`value must be a finite number, not ${amount}`);
      return amount;
    },
    make: (labels, createdMs) => ({
      labels,
      createdMs,
      sum: 0,
      counts: all.map(() => 0),
      exemplars: all.map(() => undefined),
    }),
    add(slot, amount, found) {
      const at = all.findIndex((bound) => amount <= bound);
      slot.sum += amount;
      slot.counts[at]! += 1;
      if (found !== undefined) slot.exemplars[at] = found;
    },
    seriesOf: ({ labels, createdMs, sum, counts, exemplars }) => ({
      labels,
      value: sum,
      createdMs,
      buckets: cumulative(texts, counts, exemplars),
    }),
    write: ({ sum, counts }) => ({ bounds, sum, counts }),
    restore(slot, written) {
      const { bounds: before, sum, counts } = written as unknown as Written;
      if (before.length !== bounds.length || before.some((bound, at) => bound !== bounds[at])) return false;
      slot.sum = sum;
      counts.forEach((count, at) => (slot.counts[at] = count));
      return true;
    },
  });
}

interface Written {
  readonly bounds: readonly number[];
  readonly sum: number;
  readonly counts: readonly number[];
}

function cumulative(
  texts: readonly string[],
  counts: readonly number[],
  exemplars: readonly (Exemplar | undefined)[],
): readonly Bucket[] {
  let count = 0;
  return texts.map((le, at) => ({ le, count: (count += counts[at]!), exemplar: exemplars[at] }));
}

/** As OpenMetrics wants it, and newer Prometheus makes of both formats: whole numbers as `1.0`. */
function boundText(bound: number): string {
  if (bound === Infinity) return '+Inf';
  return Number.isInteger(bound) && Math.abs(bound) < 1e21 ? `${bound}.0` : String(bound);
}

const areBounds: Check = (value) =>
  (Array.isArray(value) &&
    value.length > 0 &&
    value.every((bound, at) => Number.isFinite(bound) && (at === 0 || bound > value[at - 1]))) ||
  'a list of ascending numbers';
