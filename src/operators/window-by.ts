import type { OperatorFunction } from 'rxjs';
import { callback, checkOptions, required } from '../core/check-options.ts';
import { defineOperator } from '../core/define-operator.ts';
import type { Labels } from '../records/labels.ts';
import type { Counted } from './series-counter.ts';
import { windowed, windowedChecks, type WindowedOptions, type WindowSpan } from './windowed.ts';

export type { WindowedOptions, WindowSpan } from './windowed.ts';

/** Options of {@link windowBy}. */
export interface WindowByOptions<T, L extends Labels, A> extends WindowedOptions<T, L> {
  /** What a window of a series begins with. */
  readonly initial: A;
  /** That with a record more. It must not change what it is given, as in `reduce`. */
  readonly add: (value: A, record: T) => A;
}

/** What the records of a series in one window come to. */
export interface TimeWindow<L extends Labels, A> extends WindowSpan, Counted<L> {
  readonly kind: 'window';
  readonly value: A;
}

/**
 * Sums up records in windows of time, tumbling or, with `everyMs`, sliding. RxJS's `window` cuts by the clock, this by
 * the records' time, and it is not called so for that one is there already.
 *
 * Emits a {@link TimeWindow} a series of each window that has records, in the order the series came up, once a record comes
 * that is `latenessMs` beyond the window's end, and all at completion. Windows are aligned to the epoch. Time is the
 * records' own: a quiet source keeps its windows open, and one record far in the future makes all after it late. A
 * record that is too late for all its windows is left out and counted as filtered.
 * In a run with checkpoints open windows outlive the process: values have to be such as JSON keeps. A run that is stopped
 * tells them; the next one tells the rest under the same start.
 * Bounds: `maxSeries` series in each of `(windowMs + latenessMs) / everyMs` windows and one more.
 * Loss: on an error the open windows, in a run without checkpoints.
 *
 * @example
 * windowBy({
 *   labels: ({ container }: ContainerStats) => ({ name: container.name }),
 *   windowMs: 60_000,
 *   initial: 0,
 *   add: (most, { stats }) => Math.max(most, stats.memory_stats.usage ?? 0),
 * })
 */
export function windowBy<T, L extends Labels, A>(
  options: WindowByOptions<T, L, A>,
): OperatorFunction<T, TimeWindow<L, A>> {
  checkOptions('windowBy', options, { ...windowedChecks(options), initial: 'any', add: required(callback) });
  const { initial, add } = options;
  return defineOperator(function windowBy(records, counts) {
    return windowed<T, L, { value: A }, TimeWindow<L, A>>(records, counts, options, {
      name: 'windowBy',
      fresh: () => ({ value: initial }),
      add: (series, record) => (series.value = add(series.value, record)),
      tell: (span, all) => all.map((series) => ({ kind: 'window', ...span, ...series })),
    });
  });
}
