import type { Observable } from 'rxjs';
import { callback, whole, type Check, required } from '../core/check-options.ts';
import { joinCheckpoints } from '../core/checkpoints.ts';
import type { Json, OperatorCounts } from '../core/types.ts';
import type { Labels } from '../records/labels.ts';
import { emitting } from './emitting.ts';
import { recordTime } from './record-time.ts';
import { seriesCounter, type Series, type SeriesCounter } from './series-counter.ts';
import { timeWindows, type OpenWindow, type TimeWindows, type WindowsState } from './time-windows.ts';

/** How an operator puts records into windows, and tells series apart. */
export interface WindowedOptions<T, L extends Labels> {
  /** What a record belongs to: the same names each time, few values, for each combination is a series. */
  readonly labels: (record: T) => L;
  /** How long a window is, by the records' time, in milliseconds. */
  readonly windowMs: number;
  /** A window begins every so many milliseconds: less than `windowMs` makes them overlap. Default: as long as they are. */
  readonly everyMs?: number;
  /**
   * So long a window stays open for records that come late, in milliseconds of the records' time. Default 1,000: of
   * several containers, or sources, records do not come in the order of their time.
   */
  readonly latenessMs?: number;
  /** Series told apart in one window; all further ones go into one that is marked `other`. Default 1,000. */
  readonly maxSeries?: number;
  /** Milliseconds since the epoch. Default: the record's `time` or `@timestamp`. */
  readonly timeOf?: (record: T) => number;
}

/** So many windows may be open at once. */
const MAX_OPEN = 1_000;

/** The checks of these options, which depend on each other. */
export function windowedChecks<T, L extends Labels>(
  options: WindowedOptions<T, L>,
): { readonly [K in keyof Required<WindowedOptions<T, L>>]: Check } {
  const { windowMs, everyMs = windowMs } = Object(options) as WindowedOptions<T, L>;
  return {
    labels: required(callback),
    windowMs: required(whole),
    everyMs: (value) =>
      (whole(value) === true && everyMs <= windowMs && everyMs >= windowMs / MAX_OPEN) ||
      `a whole number, at most windowMs and at least a ${MAX_OPEN}th of it`,
    latenessMs: (value) =>
      (typeof value === 'number' && value >= 0 && value <= everyMs * MAX_OPEN) ||
      `a number, 0 or more, and at most ${MAX_OPEN} times everyMs`,
    maxSeries: whole,
    timeOf: callback,
  };
}

/** What an operator makes of windows. */
export interface Windowing<T, L extends Labels, More extends object, R> {
  /** Its name, for checkpoints. */
  readonly name: string;
  /** Whether a record belongs into any window. Default: all do. */
  readonly takes?: (record: T) => boolean;
  /** What a series begins with. */
  readonly fresh: () => More;
  /** Adds a record to a series that counts it already. Whatever the series holds must be plain, and is replaced, not changed. */
  readonly add: (series: Series<L, More>, record: T) => void;
  /** What is told of a window that is over. */
  readonly tell: (span: WindowSpan, series: readonly Series<L, More>[]) => readonly R[];
}

/** Which time a window is of. */
export interface WindowSpan {
  /** As `end`. */
  readonly time: string;
  /** Its first millisecond: RFC 3339, UTC. */
  readonly start: string;
  /** The first millisecond after it: RFC 3339, UTC. */
  readonly end: string;
}

/**
 * Puts records into windows of series and tells those that are over: once a record comes that is `latenessMs` beyond
 * the end, and at completion. A record that is too late for all of its windows is filtered, one that is too late for
 * some goes into the others.
 */
export function windowed<T, L extends Labels, More extends object, R>(
  records: Observable<T>,
  counts: OperatorCounts,
  options: WindowedOptions<T, L>,
  { name, takes, fresh, add, tell }: Windowing<T, L, More, R>,
): Observable<R> {
  const { labels, windowMs, everyMs = windowMs, latenessMs = 1_000, maxSeries = 1_000 } = options;
  const { timeOf = recordTime } = options;
  const newCounter = (): SeriesCounter<L, More> => seriesCounter(maxSeries, fresh);
  return emitting(records, (emit) => {
    const windows = timeWindows({ windowMs, everyMs, latenessMs }, newCounter);
    joinWindows(name, windows, newCounter);
    const tellAll = (closed: readonly OpenWindow<SeriesCounter<L, More>>[]): void => {
      for (const { startMs, endMs, content, ending } of closed) {
        const end = new Date(endMs).toISOString();
        const told = tell({ time: end, start: new Date(startMs).toISOString(), end }, content.all());
        counts.held -= ending;
        counts.aggregated += ending;
        for (const record of told) {
          counts.added += 1;
          emit(record);
        }
      }
    };
    return {
      next(record) {
        if (takes?.(record) === false) {
          counts.filtered += 1;
          return;
        }
        const own = labels(record);
        const atMs = timeOf(record);
        if (!Number.isFinite(atMs)) throw new TypeError(`${name}: timeOf gave ${atMs} for a record`);
        const { closed, open } = windows.at(atMs);
        if (open.length === 0) counts.filtered += 1;
        else counts.held += 1;
        for (const { content } of open) {
          const series = content.seriesOf(own);
          series.count += 1;
          add(series, record);
        }
        tellAll(closed);
      },
      complete: () => tellAll(windows.closeAll()),
    };
  });
}

/** Makes what is open outlive the process. What a restored window holds was accounted for in the run before. */
function joinWindows<C extends Pick<SeriesCounter<Labels, object>, 'read' | 'restore'>>(
  name: string,
  windows: TimeWindows<C>,
  newCounter: () => C,
): void {
  const snapshot = (): Json => {
    const state = windows.read();
    if (state === undefined) return null;
    const open = state.windows.map(({ startMs, content }) => ({ startMs, content: content.read() }));
    return { latestMs: state.latestMs, windows: open };
  };
  const restored = joinCheckpoints(name, { snapshot })?.restored as WindowsState<Json> | null | undefined;
  if (restored === undefined || restored === null) return;
  const open = restored.windows.map(({ startMs, content }) => {
    const counter = newCounter();
    counter.restore(content);
    return { startMs, content: counter };
  });
  windows.restore({ latestMs: restored.latestMs, windows: open });
}
