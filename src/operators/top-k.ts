import type { OperatorFunction } from 'rxjs';
import { callback, checkOptions, whole, type Check, required } from '../core/check-options.ts';
import { defineOperator } from '../core/define-operator.ts';
import type { Labels } from '../records/labels.ts';
import type { Series } from './series-counter.ts';
import { windowed, windowedChecks, type WindowedOptions, type WindowSpan } from './windowed.ts';

/** Options of {@link topK}. */
export interface TopKOptions<T, L extends Labels> extends WindowedOptions<T, L> {
  /** So many series are told. Default 10. */
  readonly k?: number;
  /** What a record is ranked by. Records without a value are left out. */
  readonly value: (record: T) => number | undefined;
  /** What the records of a series in one window come to. Default `sum`. */
  readonly combine?: Combine;
}

/** What the values of a series in one window come to. */
export type Combine = 'sum' | 'max' | 'mean' | 'last';

/** The series of one window with the largest values. */
export interface Top<L extends Labels> extends WindowSpan {
  readonly kind: 'top';
  /** The largest first; of equals the one that came up first. */
  readonly top: readonly Ranked<L>[];
  /** How many series were ranked. */
  readonly series: number;
  /** How many records had no rank, for there were more series than `maxSeries`. */
  readonly unranked: number;
}

/** One series among the largest. */
export interface Ranked<L extends Labels> {
  readonly labels: L;
  /** What its records come to, in their own unit. */
  readonly value: number;
  /** How many records it is of. */
  readonly count: number;
}

/**
 * Ranks series in windows of time: who uses most, what happens most often.
 *
 * Emits a {@link Top} for each window that has records, when and as `windowBy` does, late records and checkpoints included.
 * Bounds: `maxSeries` series in each open window; the values of further ones are not ranked, and told as `unranked`.
 * Loss: as `windowBy`; records without a value are filtered.
 *
 * @example
 * topK({
 *   k: 5,
 *   labels: ({ container }: DerivedStats) => ({ name: container.name }),
 *   value: ({ derived }) => derived.cpuPercent,
 *   combine: 'mean',
 *   windowMs: 60_000,
 * })
 */
export function topK<T, L extends Labels>(options: TopKOptions<T, L>): OperatorFunction<T, Top<L>> {
  const checks = { ...windowedChecks(options), k: whole, value: required(callback), combine };
  checkOptions('topK', options, checks);
  const { k = 10, value, combine: how = 'sum' } = options;
  return defineOperator(function topK(records, counts) {
    return windowed<T, L, { value: number }, Top<L>>(records, counts, options, {
      name: 'topK',
      fresh: () => ({ value: 0 }),
      takes: (record) => isRanked(value(record)),
      add: (series, record) => (series.value = COMBINED[how](series.value, value(record)!, series.count)),
      tell: (span, all) => [topOf(span, all, k)],
    });
  });
}

const isRanked = (value: number | undefined): boolean => value !== undefined && !Number.isNaN(value);

/** A series' value with a further one, which is its `count`-th. */
const COMBINED: Readonly<Record<Combine, (sofar: number, value: number, count: number) => number>> = {
  sum: (sofar, value) => sofar + value,
  max: (sofar, value, count) => (count === 1 ? value : Math.max(sofar, value)),
  mean: (sofar, value, count) => sofar + (value - sofar) / count,
  last: (_sofar, value) => value,
};

const combine: Check = (value) =>
  Object.hasOwn(COMBINED, String(value)) || `one of ${Object.keys(COMBINED).join(', ')}`;

function topOf<L extends Labels>(
  span: WindowSpan,
  all: readonly Series<L, { value: number }>[],
  k: number,
): Top<L> {
  const ranked = all.filter(({ other }) => other === undefined);
  const top = [...ranked].sort((one, other) => other.value - one.value).slice(0, k);
  return {
    kind: 'top',
    ...span,
    top: top.map(({ labels, value, count }) => ({ labels: labels as L, value, count })),
    series: ranked.length,
    unranked: all.find(({ other }) => other === true)?.count ?? 0,
  };
}
