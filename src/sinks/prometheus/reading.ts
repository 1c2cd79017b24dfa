import type { Labels } from '../../records/labels.ts';
import type { Series } from './family.ts';
import { joined } from './label-text.ts';
import type { Terms } from './metric.ts';
import type { Naming } from './names.ts';

/** One metric that is read from records when it is scraped. */
export interface Reading<R> extends Naming {
  /** A counter is a total that only grows, but for a start anew. */
  readonly type: 'gauge' | 'counter';
  /** Its value; undefined: this record has none. Several, where further labels tell them apart. Pure and quick. */
  readonly read: (record: R) => number | undefined | Values;
}

type Values = readonly (readonly [Labels, number])[];

/** The newest record of a key, and the labels of all its series. */
export interface Kept<R> {
  readonly labels: Labels;
  /** The labels, printed. */
  readonly text: string;
  record: R;
}

/** Reads one metric from each record. One that cannot be read is left out, counted and told. */
export function* readingSeries<R>(
  { name, read }: Reading<R>,
  all: Iterable<Kept<R>>,
  print: (labels: Labels) => string,
  { seriesLimit, failed, count }: Terms,
): Generator<Series | undefined> {
  let left = seriesLimit;
  for (const kept of all) {
    let found: Series | readonly Series[] | undefined;
    try {
      const value = read(kept.record);
      if (typeof value === 'number') found = { labels: kept.text, value };
      else if (value !== undefined) found = several(kept, value, print);
    } catch (error) {
      failed(name, error);
    }
    for (const series of Array.isArray(found)
      ? (found as readonly Series[])
      : [found as Series | undefined]) {
      if (left > 0) yield series;
      else count('limited', name);
      if (series !== undefined) left -= 1;
    }
  }
}

function several<R>({ labels, text }: Kept<R>, values: Values, print: (labels: Labels) => string): Series[] {
  const seen = new Set<string>();
  return values.map(([further, value]) => {
    for (const label in further)
      if (Object.hasOwn(labels, label))
        throw new TypeError(`the label ${label} is one of all its series already`);
    const own = print(further);
    if (seen.has(own)) throw new TypeError(`it has two values of the labels {${own}}`);
    seen.add(own);
    return { labels: joined(text, own), value };
  });
}
