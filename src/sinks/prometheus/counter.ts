import { callback } from '../../core/check-options.ts';
import type { Labels } from '../../records/labels.ts';
import type { Exemplar } from './family.ts';
import type { Metric } from './metric.ts';
import { checkLabelled, labelledChecks, slotMetric } from './slot-metric.ts';
import type { LabelledOptions } from './slot-metric.ts';
import type { Slot } from './slots.ts';

/** Options of {@link counter}. */
export interface CounterOptions<T> extends LabelledOptions<T> {
  /** How much a record adds: 0 or more. Default 1. */
  readonly by?: (record: T) => number;
  /** What tells of the last record counted, an event's id: at most 128 characters. Printed as OpenMetrics only. */
  readonly exemplar?: (record: T) => Labels | undefined;
}

interface CounterSlot extends Slot {
  total: number;
  exemplar: Exemplar | undefined;
}

/**
 * Counts records. In a run with checkpoints its values outlive the process, exactly: it goes on where the source does.
 * Bounds: `seriesLimit`; what would be a further series counts in one of which every label is `__other__`.
 *
 * @example
 * counter({
 *   name: 'container_events_total',
 *   help: 'Events of containers.',
 *   labels: ({ type, action }: DockerEvent) => (type === 'container' ? { action } : undefined),
 * })
 */
export function counter<T>(options: CounterOptions<T>): Metric<T> {
  checkLabelled('counter', options, { ...labelledChecks, by: callback, exemplar: callback });
  const { by = () => 1, exemplar } = options;
  return slotMetric<T, CounterSlot>(options, {
    type: 'counter',
    kept: true,
    exemplar,
    amountOf(record) {
      const amount = by(record);
      if (!(amount >= 0 && amount < Infinity))
        throw new RangeError(`by must be a number of 0 or more, not ${amount}`);
      return amount;
    },
    make: (labels, createdMs) => ({ labels, createdMs, total: 0, exemplar: undefined }),
    add(slot, amount, found) {
      slot.total += amount;
      if (found !== undefined) slot.exemplar = found;
    },
    seriesOf: ({ labels, createdMs, total, exemplar }) => ({ labels, value: total, createdMs, exemplar }),
    write: ({ total }) => total,
    restore(slot, written) {
      slot.total = Number(written);
      return true;
    },
  });
}
