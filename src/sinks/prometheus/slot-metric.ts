import { callback, checkOptions, text, texts } from '../../core/check-options.ts';
import type { Check } from '../../core/check-options.ts';
import type { Labels } from '../../records/labels.ts';
import { isEnding } from './endings.ts';
import type { Ending } from './endings.ts';
import { exemplarMaker } from './exemplar.ts';
import type { Exemplar, FamilyType, Series } from './family.ts';
import { labelPrinter } from './label-text.ts';
import type { Meter, Metric, Terms } from './metric.ts';
import { checkNaming, faultOfLabelName, invalid } from './names.ts';
import type { Naming } from './names.ts';
import { slots } from './slots.ts';
import type { Slot, SlotKind } from './slots.ts';

/** A metric whose series follow from labels of the records. */
export interface LabelledOptions<T> extends Naming {
  /** The series of a record: few values each, for every combination is a series. Undefined: it does not concern it. */
  readonly labels: (record: T) => Labels | undefined;
  /** The names that the labels have; a record with others is rejected. Default: any. */
  readonly labelNames?: readonly string[];
  /** What the series of a record belong to, a container's id: they end together. Needed with `ends`. */
  readonly key?: (record: T) => string;
  /** When series end. Default: never, within `seriesLimit`. */
  readonly ends?: Ending<T>;
}

/** What is particular to a counter, a gauge, a histogram. */
export interface SlotMetric<T, S extends Slot> extends SlotKind<S> {
  readonly type: FamilyType;
  /** What a record amounts to; undefined: nothing. Throws where that cannot be. */
  readonly amountOf: (record: T) => number | undefined;
  readonly add: (slot: S, amount: number, exemplar: Exemplar | undefined) => void;
  readonly seriesOf: (slot: S) => Series;
  readonly exemplar?: ((record: T) => Labels | undefined) | undefined;
  /** Whether its values outlive the process, by the run's checkpoints. */
  readonly kept: boolean;
}

export const labelledChecks: { readonly [K in keyof Required<LabelledOptions<unknown>>]: Check | 'any' } = {
  name: 'any',
  help: 'any',
  unit: text,
  labels: callback,
  labelNames: texts,
  key: callback,
  ends: isEnding,
};

export function slotMetric<T, S extends Slot>(
  { name, help, unit, labels, labelNames, key, ends }: LabelledOptions<T>,
  metric: SlotMetric<T, S>,
): Metric<T> {
  const { type } = metric;
  const open = (terms: Terms): Meter<T> => {
    const { seriesLimit: limit, labelLimit, now, count } = terms;
    const cut = (): void => count('cut', name);
    const printer = labelPrinter({ names: labelNames, limit: labelLimit, cut });
    const exemplarOf = exemplarMaker(metric.exemplar, labelPrinter({ limit: labelLimit, cut }).print);
    const store = slots<T, S>({ limit, now, ends, limited: () => count('limited', name) }, metric);
    const add = (record: T): void => {
      const found = labels(record);
      if (found === undefined) return;
      const amount = metric.amountOf(record);
      if (amount === undefined) return;
      const exemplar = exemplarOf(record, amount);
      const other = (): string => printer.printOther(found);
      metric.add(store.slotFor(printer.print(found), other, key?.(record), record), amount, exemplar);
    };
    return {
      families: [{ name, help, type, unit, series: () => each(store.all(), metric.seriesOf) }],
      take(record) {
        add(record);
        store.end(record);
      },
      ...(metric.kept && { read: store.read, restore: store.restore }),
    };
  };
  return { names: [name], open };
}

/** Refuses wrong options, those that all of these have. */
export function checkLabelled<T>(
  type: FamilyType,
  options: LabelledOptions<T>,
  checks: Readonly<Record<string, Check | 'any'>>,
): void {
  checkOptions<object>(type, options, checks);
  checkNaming(type, type, options);
  const { name, labels, labelNames, key, ends } = options;
  if (typeof labels !== 'function') throw invalid(`${type}: ${name} needs labels, a function of a record`);
  if (ends !== undefined && key === undefined)
    throw invalid(
      `${type}: ${name} has ends but no key, a function that says what the series of a record belong to`,
    );
  for (const label of labelNames ?? []) {
    const fault = faultOfLabelName(label);
    if (fault !== undefined)
      throw invalid(`${type}: ${name}: the label name ${JSON.stringify(label)} ${fault}`);
  }
}

/** Made when it is printed, one after the other: all at once would hold the event loop. */
function* each<S>(slots: readonly S[], seriesOf: (slot: S) => Series): Generator<Series> {
  for (const slot of slots) yield seriesOf(slot);
}
