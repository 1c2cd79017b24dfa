import { callback } from '../../core/check-options.ts';
import type { Metric } from './metric.ts';
import { invalid } from './names.ts';
import { checkLabelled, labelledChecks, slotMetric } from './slot-metric.ts';
import type { LabelledOptions } from './slot-metric.ts';
import type { Slot } from './slots.ts';

/** Options of {@link gauge}. */
export interface GaugeOptions<T> extends LabelledOptions<T> {
  /** What it is set to; undefined leaves it as it is. */
  readonly value: (record: T) => number | undefined;
}

interface GaugeSlot extends Slot {
  value: number;
}

/**
 * The last value of each series. It begins anew with each run. Many gauges of one record cost less as `readings`.
 * Bounds: `seriesLimit`; what would be a further series sets the one of which every label is `__other__`.
 *
 * @example
 * gauge({
 *   name: 'engine_containers_running',
 *   help: 'Containers that run, by the engine.',
 *   labels: ({ host }: EngineInfo) => ({ host }),
 *   value: ({ containers }) => containers.running,
 * })
 */
export function gauge<T>(options: GaugeOptions<T>): Metric<T> {
  checkLabelled('gauge', options, { ...labelledChecks, value: callback });
  const { name, value } = options;
  if (typeof value !== 'function') throw invalid(`gauge: ${name} needs a value, a function of a record`);
  return slotMetric<T, GaugeSlot>(options, {
    type: 'gauge',
    kept: false,
    amountOf: value,
    make: (labels, createdMs) => ({ labels, createdMs, value: NaN }),
    add(slot, amount) {
      slot.value = amount;
    },
    seriesOf: ({ labels, value }) => ({ labels, value }),
    write: ({ value }) => value,
    restore(slot, written) {
      slot.value = Number(written);
      return true;
    },
  });
}
