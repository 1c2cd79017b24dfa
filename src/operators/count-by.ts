import { defer, endWith, filter, map, mergeAll, tap, type OperatorFunction } from 'rxjs';
import { joinCheckpoints } from '../core/checkpoints.ts';
import { callback, checkOptions, positive, whole, required } from '../core/check-options.ts';
import { defineOperator } from '../core/define-operator.ts';
import type { Labels } from '../records/labels.ts';
import { recordTime } from './record-time.ts';
import { seriesCounter, type Counted, type SeriesCounter } from './series-counter.ts';
import { windowCounter, type WindowCount } from './window-counter.ts';

export type { Counted } from './series-counter.ts';
export type { WindowCount } from './window-counter.ts';

/** Options of {@link countBy}. */
export interface CountByOptions<T, L extends Labels> {
  /** What a record is counted under: the same names each time, few values, for each combination is a series. */
  readonly labels: (record: T) => L;
  /** Series counted apart; what would be a further one is counted in one series marked `other`. Default 1,000. */
  readonly maxSeries?: number;
}

/** Options of {@link countBy} with a window. */
export interface CountByWindowOptions<T, L extends Labels> extends CountByOptions<T, L> {
  /** How long a window is, by the records' time. */
  readonly windowMs: number;
  /** Milliseconds since the epoch. Default: the record's `time` or `@timestamp`. */
  readonly timeOf?: (record: T) => number;
}

/**
 * Counts records by labels.
 *
 * Without a window: emits for each record the total so far of its series. With `windowMs`: emits the series of a
 * window, in the order they came up, once the first record beyond it arrives, and the open one at completion. Time is
 * the records' own: a quiet source keeps its window open. A record of a window that was told already counts in the open
 * one, as `late`, so the counts always add up to the records; one far in the future makes all after it late.
 * In a run with checkpoints what has been counted outlives the process, exactly: a counter goes on where the last
 * checkpoint was taken, and so does the source. A run that is stopped emits its open window; the next one counts on in
 * it and emits the rest under the same start.
 * Bounds: `maxSeries` series, of one window.
 * Loss: on an error the open window, in a run without checkpoints.
 *
 * @example countBy({ labels: ({ host, action }: DockerEvent) => ({ host, action }), windowMs: 60_000 })
 */
export function countBy<T, L extends Labels>(
  options: CountByWindowOptions<T, L>,
): OperatorFunction<T, WindowCount<L>>;
export function countBy<T, L extends Labels>(options: CountByOptions<T, L>): OperatorFunction<T, Counted<L>>;
export function countBy<T, L extends Labels>(
  options: CountByOptions<T, L> & Partial<CountByWindowOptions<T, L>>,
): OperatorFunction<T, Counted<L>> {
  checkOptions('countBy', options, {
    labels: required(callback),
    maxSeries: whole,
    windowMs: positive,
    timeOf: callback,
  });
  const { labels, maxSeries = 1_000, windowMs, timeOf = recordTime } = options;
  return windowMs === undefined
    ? runningTotals(labels, maxSeries)
    : windowTotals({ labels, maxSeries, windowMs, timeOf });
}

function runningTotals<T, L extends Labels>(
  labels: (record: T) => L,
  maxSeries: number,
): OperatorFunction<T, Counted<L>> {
  return defineOperator(function countBy(records) {
    return defer(() => {
      const counter = goOn(seriesCounter<L, object>(maxSeries, () => ({})));
      return records.pipe(
        map((record) => {
          const series = counter.seriesOf(labels(record));
          series.count += 1;
          return { ...series }; // a copy: the series counts on
        }),
      );
    });
  });
}

/** Takes part in the checkpoints of the run, and counts on from the one it goes on from. */
function goOn<C extends Pick<SeriesCounter<Labels, object>, 'read' | 'restore'>>(counter: C): C {
  const membership = joinCheckpoints('countBy', { snapshot: counter.read });
  if (membership?.restored !== undefined) counter.restore(membership.restored);
  return counter;
}

const END = Symbol('end');

function windowTotals<T, L extends Labels>({
  labels,
  maxSeries,
  windowMs,
  timeOf,
}: Required<CountByWindowOptions<T, L>>): OperatorFunction<T, WindowCount<L>> {
  return defineOperator(function countBy(records, counts) {
    return defer(() => {
      const windows = goOn(windowCounter<L>(windowMs, maxSeries));
      const count = (record: T): readonly WindowCount<L>[] => {
        const closed = windows.count(labels(record), timeOf(record));
        counts.held += 1;
        return closed;
      };
      const tell = (closed: readonly WindowCount<L>[]): void => {
        const told = closed.reduce((sum, series) => sum + series.count, 0);
        counts.held -= told;
        counts.aggregated += told;
      };
      return records.pipe(
        endWith(END),
        map((record) => (record === END ? windows.close() : count(record))),
        filter((closed) => closed.length > 0),
        tap(tell),
        mergeAll(),
        tap(() => (counts.added += 1)),
      );
    });
  });
}
