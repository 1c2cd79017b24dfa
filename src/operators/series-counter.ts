import type { Json } from '../core/types.ts';
import type { Labels } from '../records/labels.ts';

/** How many records had these labels. */
export interface Counted<L extends Labels> {
  readonly labels: { readonly [Name in keyof L]: L[Name] | 'other' };
  readonly count: number;
  /** True of the one series that holds all there was no room for; each of its labels is `other`. */
  readonly other?: true;
}

/** A series while it counts. */
export type Series<L extends Labels> = { -readonly [K in keyof Counted<L>]: Counted<L>[K] } & {
  late: number;
};

export interface SeriesCounter<L extends Labels> {
  /** Finds or opens the series of these labels; the one called `other` when there are too many. */
  readonly seriesOf: (labels: L) => Series<L>;
  /** In the order they came up. */
  readonly all: () => readonly Series<L>[];
  /** All of it, for `restore` of a counter to come. */
  readonly read: () => Json;
  readonly restore: (state: Json) => void;
}

export function seriesCounter<L extends Labels>(maxSeries: number): SeriesCounter<L> {
  const named = new Map<string, Series<L>>();
  let other: Series<L> | undefined;
  const all = (): readonly Series<L>[] => [...named.values(), ...(other === undefined ? [] : [other])];
  return {
    seriesOf(labels) {
      const key = keyOf(labels);
      const known = named.get(key);
      if (known !== undefined) return known;
      if (named.size >= maxSeries) return (other ??= otherLike(labels));
      const series: Series<L> = { labels, count: 0, late: 0 };
      named.set(key, series);
      return series;
    },
    all,
    read: () => all().map((series) => ({ ...series })),
    restore(state) {
      for (const series of state as unknown as readonly Series<L>[])
        if (series.other === true) other = { ...series };
        else named.set(keyOf(series.labels), { ...series });
    },
  };
}

/** The same for the same names and values, in whatever order they stand; lengths keep any two apart. */
function keyOf(labels: Labels): string {
  let key = '';
  for (const name of Object.keys(labels).sort()) {
    const value = labels[name];
    const text = String(value);
    key += `${name.length}:${name}${typeof value}${text.length}:${text}`;
  }
  return key;
}

function otherLike<L extends Labels>(labels: L): Series<L> {
  const others = Object.fromEntries(Object.keys(labels).map((name) => [name, 'other']));
  return { labels: others as Series<L>['labels'], count: 0, late: 0, other: true };
}
