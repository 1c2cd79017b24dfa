import type { ContainerFacts } from '../../records/container-facts.ts';
import type { ContainerStats } from '../../records/container-stats.ts';
import type { DockerEvent } from '../../records/docker-event.ts';
import type { EngineInfo } from '../../records/engine-info.ts';
import type { Labels } from '../../records/labels.ts';
import type { Meter, Metric, Terms } from '../../sinks/prometheus/metric.ts';
import { readings } from '../../sinks/prometheus/readings.ts';
import { joinRecords } from './joined.ts';
import type { ContainerReading, EngineReading, Vocabulary } from './reading.ts';
import { sumOf, type Sum } from './sum.ts';

/** Any record; those that tell nothing of containers are passed over. */
export interface AnyRecord {
  readonly kind: string;
}

type Told = ContainerFacts | ContainerStats | DockerEvent | EngineInfo | { readonly kind: 'another' };

/** What is scraped under the names of containers: one of them, or the sum over all. */
type Shown = ContainerReading | { readonly sum: Sum; readonly labels: Labels };

/** So long a container that has ended is still scraped. */
const GRACE_MS = 5 * 60_000;

/** Joins records as they come, and shows what they say of each container in the words of a vocabulary. */
export function openMeter(
  vocabulary: Vocabulary,
  keepLabel: (key: string) => boolean,
  terms: Terms,
): Meter<AnyRecord> {
  const { engine, sumLabels, stats, labelsOf } = vocabulary;
  const containers = containerReadings(vocabulary).open(terms);
  const engines = engine.length === 0 ? [] : [engineReadings(engine).open(terms)];
  const sum = sumOf(sumLabels === undefined ? [] : stats);
  if (sumLabels !== undefined) containers.take({ sum, labels: sumLabels });
  const joined = joinRecords({ ...sum, labelsOf: (facts) => labelsOf(facts, keepLabel) });
  const show = (reading: ContainerReading | undefined): void => {
    if (reading !== undefined) containers.take(reading);
  };
  return {
    families: [containers, ...engines].flatMap(({ families }) => families),
    take(record) {
      const told = record as Told;
      if (told.kind === 'container-stats') show(joined.stats(told));
      else if (told.kind === 'container-facts') show(joined.facts(told));
      else if (told.kind === 'docker-event') show(joined.event(told));
      else if (told.kind === 'engine-info') {
        joined.engine(told);
        engines.forEach(({ take }) => take({ info: told, lacksReadings: joined.lacksReadings }));
      }
    },
    read: () => [...joined.oomEvents],
    restore(state) {
      for (const [name, count] of state as readonly (readonly [string, number])[])
        joined.oomEvents.set(name, count);
    },
  };
}

const containerReadings = ({ stats, containers, lasting }: Vocabulary): Metric<Shown> =>
  readings<Shown, Shown>({
    of: isRecord,
    key: keyOf,
    labels: ({ labels }) => labels,
    metrics: [
      ...stats.map((row) => ({
        ...row,
        read: (shown: Shown) =>
          'sum' in shown ? shown.sum.valueOf(row) : shown.stats && row.read(shown.stats),
      })),
      ...containers.map((row) => ({
        ...row,
        read: (shown: Shown) => ('sum' in shown || shown.time !== undefined ? undefined : row.read(shown)),
      })),
      ...lasting.map((row) => ({
        ...row,
        read: (shown: Shown) => ('sum' in shown ? undefined : row.read(shown)),
      })),
    ],
    ends: {
      of: (shown) => ('sum' in shown || shown.time === undefined ? undefined : keyOf(shown)),
      graceMs: GRACE_MS,
    },
  });

/** All of them are read. */
const isRecord = <T>(record: T): record is T => record !== undefined;

const keyOf = (shown: Shown): string => ('sum' in shown ? '/' : shown.facts.container.id);

const engineReadings = (metrics: Vocabulary['engine']): Metric<EngineReading> =>
  readings<EngineReading, EngineReading>({
    of: isRecord,
    key: ({ info }) => info.host,
    labels: () => ({}),
    metrics,
  });
