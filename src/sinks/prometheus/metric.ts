import type { Json } from '../../core/types.ts';
import type { Family } from './family.ts';

/** A declaration of one or more metrics. It holds nothing: each run of a pipeline counts for itself. */
export interface Metric<T> {
  /** Of what it serves. */
  readonly names: readonly string[];
  /** Begins anew for a run: called by the sink. */
  readonly open: (terms: Terms) => Meter<T>;
}

/** What a declaration holds while records come. */
export interface Meter<T> {
  readonly families: readonly Family[];
  /** Throws when the record cannot be read; this meter is then as it was before. */
  readonly take: (record: T) => void;
  /** What has to outlive the process, for `restore`; of one that only shows the present, nothing. */
  readonly read?: () => Json;
  readonly restore?: (state: Json) => void;
}

/** What holds for all metrics of a sink. */
export interface Terms {
  readonly seriesLimit: number;
  readonly labelLimit: number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Counts what a limit cost the metric. */
  readonly count: (limit: Limit, metric: string) => void;
  /** Counts, and tells once, that the metric could not be read. */
  readonly failed: (metric: string, error: unknown) => void;
}

/** For a record that found no room for its series; for a label value that was cut. */
export type Limit = 'limited' | 'cut';
