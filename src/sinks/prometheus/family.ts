/** Metrics of one name, as they are printed. Everything that is scraped prints through this shape. */
export interface Family {
  /** A counter's ends in `_total`. */
  readonly name: string;
  readonly help: string;
  readonly type: FamilyType;
  /** The end of the name, a counter's `_total` left out: `seconds`, `bytes`. */
  readonly unit?: string | undefined;
  /** Asked for at each scrape. No two have the same labels. Where there is nothing to print it may pause with undefined. */
  readonly series: () => Iterable<Series | undefined>;
}

export type FamilyType = 'counter' | 'gauge' | 'histogram';

/** One label set of a family. It is printed at once, whatever it consists of. */
export interface Series {
  /** Printed and escaped, without braces: `a="b",c="d"`; empty where it has none. */
  readonly labels: string;
  /** Of a histogram: the sum of what it observed. */
  readonly value: number;
  /** Only of a histogram: cumulative, ascending, the last one is `+Inf`. */
  readonly buckets?: readonly Bucket[];
  /** Printed as OpenMetrics only, as `createdMs` is. */
  readonly exemplar?: Exemplar | undefined;
  /** When it began to count, in milliseconds since the epoch. */
  readonly createdMs?: number;
}

export interface Bucket {
  /** The upper bound, as printed. */
  readonly le: string;
  readonly count: number;
  readonly exemplar?: Exemplar | undefined;
}

/** One of the observations behind a number. */
export interface Exemplar {
  /** Printed and escaped, without braces. */
  readonly labels: string;
  readonly value: number;
  /** Milliseconds since the epoch; without it the time of the scrape counts. */
  readonly timeMs: number | undefined;
}
