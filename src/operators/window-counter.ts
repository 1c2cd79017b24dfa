import type { Json } from '../core/types.ts';
import type { Labels } from '../records/labels.ts';
import { seriesCounter, type Counted, type Series, type SeriesCounter } from './series-counter.ts';

/** A series in one window. */
export interface WindowCount<L extends Labels> extends Counted<L> {
  /** RFC 3339: the window's first millisecond, and the first after it. */
  readonly start: string;
  readonly end: string;
  /** How many of the count are of a window before, for its own had been told already. */
  readonly late: number;
}

export interface WindowCounter<L extends Labels> {
  /** Counts one; returns the window before when this one is the first beyond it. */
  readonly count: (labels: L, atMs: number) => readonly WindowCount<L>[];
  /** The window that is open. */
  readonly close: () => readonly WindowCount<L>[];
  /** The open window, for `restore` of a counter to come. */
  readonly read: () => Json;
  readonly restore: (state: Json) => void;
}

interface Late {
  late: number;
}

/** Windows one after the other, aligned to the epoch; those without a record are passed over. */
export function windowCounter<L extends Labels>(windowMs: number, maxSeries: number): WindowCounter<L> {
  let startMs = -Infinity;
  const newCounter = (): SeriesCounter<L, Late> => seriesCounter(maxSeries, () => ({ late: 0 }));
  let counter = newCounter();
  const close = (): readonly WindowCount<L>[] => {
    const closed = counter.all();
    counter = newCounter();
    return closed.map((series) => windowCount(series, startMs, startMs + windowMs));
  };
  return {
    close,
    read: () => (startMs === -Infinity ? null : { startMs, series: counter.read() }),
    restore(state) {
      if (state === null) return;
      const open = state as { readonly startMs: number; readonly series: Json };
      startMs = open.startMs;
      counter.restore(open.series);
    },
    count(labels, atMs) {
      if (!Number.isFinite(atMs)) throw new TypeError(`countBy: timeOf gave ${atMs} for a record`);
      const ownMs = Math.floor(atMs / windowMs) * windowMs;
      const closed = ownMs > startMs ? close() : [];
      if (ownMs > startMs) startMs = ownMs;
      const series = counter.seriesOf(labels);
      series.count += 1;
      if (ownMs < startMs) series.late += 1;
      return closed;
    },
  };
}

const windowCount = <L extends Labels>(
  series: Series<L, Late>,
  startMs: number,
  endMs: number,
): WindowCount<L> => ({
  start: new Date(startMs).toISOString(),
  end: new Date(endMs).toISOString(),
  ...series,
});
