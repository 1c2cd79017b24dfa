import type { Json } from '../core/types.ts';
import type { Labels } from '../records/labels.ts';

/** How many records had these labels. */
export interface Counted<L extends Labels> {
  /** As the option `labels` made them. */
  readonly labels: { readonly [Name in keyof L]: L[Name] | 'other' };
  readonly count: number;
  /** True of the one series that holds all there was no room for; each of its labels is `other`. */
  readonly other?: true;
}

/** A series while it counts, with what else is known of it. */
export type Series<L extends Labels, More extends object> = {
  -readonly [K in keyof Counted<L>]: Counted<L>[K];
} & More;

export interface SeriesCounter<L extends Labels, More extends object> {
  /** Finds or opens the series of these labels; the one called `other` when there are too many. */
  readonly seriesOf: (labels: L) => Series<L, More>;
  /** In the order they came up. */
  readonly all: () => readonly Series<L, More>[];
  /** All of it, for `restore` of a counter to come. */
  readonly read: () => Json;
  readonly restore: (state: Json) => void;
}

/** A counter of nothing yet; `fresh` makes what else is known of a series when it opens. */
export function seriesCounter<L extends Labels, More extends object>(
  maxSeries: number,
  fresh: () => More,
): SeriesCounter<L, More> {
  const named = new Map<string, Series<L, More>>();
  let other: Series<L, More> | undefined;
  const all = (): readonly Series<L, More>[] => [...named.values(), ...(other === undefined ? [] : [other])];
  return {
    seriesOf(labels) {
      const key = keyOf(labels);
      const known = named.get(key);
      if (known !== undefined) return known;
      if (named.size >= maxSeries)
        return (other ??= { labels: otherLike(labels), count: 0, other: true, ...fresh() });
      const series: Series<L, More> = { labels, count: 0, ...fresh() };
      named.set(key, series);
      return series;
    },
    all,
    read: () => all().map((series) => ({ ...series })),
    restore(state) {
      for (const series of state as unknown as readonly Series<L, More>[])
        if (series.other === true) other = { ...series };
        else named.set(keyOf(series.labels), { ...series });
    },
  };
}

/** The same for the same names and values, in whatever order they stand; lengths keep any two apart. */
export function keyOf(labels: Labels): string {
  let key = '';
  for (const name of Object.keys(labels).sort()) {
    const value = labels[name];
    const text = String(value);
    key += `${name.length}:${name}${typeof value}${text.length}:${text}`;
  }
  return key;
}

/** What a series is called that holds what there was no room for. */
export function otherLike<L extends Labels>(labels: L): Counted<L>['labels'] {
  const others = Object.fromEntries(Object.keys(labels).map((name) => [name, 'other']));
  return others as Counted<L>['labels'];
}
