import { callback, checkOptions } from '../../core/check-options.ts';
import type { Check } from '../../core/check-options.ts';
import type { Labels } from '../../records/labels.ts';
import { endings, isEnding } from './endings.ts';
import type { Ending } from './endings.ts';
import type { Family, Series } from './family.ts';
import { labelPrinter } from './label-text.ts';
import type { LabelPrinter } from './label-text.ts';
import type { Meter, Metric, Terms } from './metric.ts';
import { checkDistinct, checkNaming, invalid } from './names.ts';
import { readingSeries } from './reading.ts';
import type { Kept, Reading } from './reading.ts';

/** Options of {@link readings}. */
export interface ReadingsOptions<T, R extends T> {
  /** Which records are read. */
  readonly of: (record: T) => record is R;
  /** What a record is a reading of, a container's id: the newest of each is kept. */
  readonly key: (record: R) => string;
  /** What all its series have. Of two keys with equal labels the one that came last is kept. */
  readonly labels: (record: R) => Labels;
  /** What is read of each record that is kept. */
  readonly metrics: readonly Reading<R>[];
  /** When a key ends. Default: never, within `seriesLimit`. */
  readonly ends?: Ending<T>;
}

const checks: { readonly [K in keyof Required<ReadingsOptions<unknown, unknown>>]: Check } = {
  of: callback,
  key: callback,
  labels: callback,
  metrics: (value) => (Array.isArray(value) && value.length > 0) || 'a list of metrics',
  ends: isEnding,
};

/**
 * Metrics that are read from the newest record of each key when they are scraped: a record costs one entry in a map,
 * however many metrics are read from it.
 * Bounds: `seriesLimit` keys, and series of each metric. A further key is not kept, unless one that has ended makes
 * room for it.
 *
 * @example
 * readings({
 *   of: (record: ContainerStats | DockerEvent) => record.kind === 'container-stats',
 *   key: ({ container }) => container.id,
 *   labels: ({ container }) => ({ name: container.name }),
 *   metrics: [
 *     { name: 'tasks', help: 'Tasks.', type: 'gauge', read: ({ stats }) => stats.pids_stats.current },
 *   ],
 *   ends: {
 *     of: (record) => (record.kind === 'docker-event' && record.action === 'die' ? record.id : undefined),
 *     graceMs: 60_000,
 *   },
 * })
 */
export function readings<T, R extends T>(options: ReadingsOptions<T, R>): Metric<T> {
  checkOptions('readings', options, checks);
  const { metrics, ends } = options;
  for (const name of ['of', 'key', 'labels'] as const)
    if (typeof options[name] !== 'function')
      throw invalid(`readings: it needs ${name}, a function of a record`);
  for (const metric of metrics) {
    if (!['gauge', 'counter'].includes(metric.type))
      throw invalid(`readings: the type of ${metric.name} must be 'gauge' or 'counter'`);
    checkNaming('readings', metric.type, metric);
    if (typeof metric.read !== 'function')
      throw invalid(`readings: ${metric.name} needs read, a function of a record`);
  }
  const names = metrics.map(({ name }) => name);
  checkDistinct('readings', names);
  return { names, open: (terms) => openReadings(options, ends, terms) };
}

function openReadings<T, R extends T>(
  { of, key: keyOf, labels: labelsOf, metrics }: ReadingsOptions<T, R>,
  ends: Ending<T> | undefined,
  terms: Terms,
): Meter<T> {
  const { seriesLimit, labelLimit, now, count } = terms;
  const kept = new Map<string, Kept<R>>();
  /** Which key has these labels. */
  const owners = new Map<string, string>();
  const ended = ends && endings(ends, now);
  const printerFor = (metric: Reading<R>): LabelPrinter =>
    labelPrinter({ limit: labelLimit, cut: () => count('cut', metric.name) });
  const { print } = printerFor(metrics[0]!);

  const forget = (key: string): void => {
    const one = kept.get(key);
    if (one === undefined) return;
    kept.delete(key);
    owners.delete(one.text);
  };
  const sweep = (): void => {
    for (const key of ended?.expired() ?? []) forget(key);
  };
  const hasRoom = (): boolean => {
    while (kept.size >= seriesLimit) {
      const key = ended?.oldest();
      if (key === undefined) return false;
      forget(key);
    }
    return true;
  };
  const keep = (record: R): void => {
    const key = keyOf(record);
    const labels = labelsOf(record);
    const known = kept.get(key);
    const isSame = known !== undefined && areEqual(known.labels, labels);
    const text = isSame ? known.text : print(labels);
    ended?.revive(key, record);
    if (isSame) {
      known.record = record;
      return;
    }
    if (known === undefined && !owners.has(text) && !hasRoom()) {
      for (const { name } of metrics) count('limited', name);
      return;
    }
    const owner = owners.get(text);
    if (owner !== undefined) forget(owner);
    forget(key);
    // A new one: what is being printed shall not see its labels change.
    kept.set(key, { labels, text, record });
    owners.set(text, key);
  };
  const familyOf = (metric: Reading<R>): Family => {
    const { name, help, type, unit } = metric;
    const { print } = printerFor(metric);
    const series = (): Iterable<Series | undefined> => {
      sweep();
      return readingSeries(metric, [...kept.values()], print, terms);
    };
    return { name, help, type, unit, series };
  };
  return {
    families: metrics.map(familyOf),
    take(record) {
      if (of(record)) keep(record);
      if (ended === undefined) return;
      ended.note(record, (key) => kept.has(key));
      sweep();
    },
  };
}

function areEqual(one: Labels, other: Labels): boolean {
  if (one === other) return true;
  let left = Object.keys(other).length;
  for (const name in one) {
    if (one[name] !== other[name]) return false;
    left -= 1;
  }
  return left === 0;
}
