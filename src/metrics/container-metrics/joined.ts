import { isUp, type ContainerFacts } from '../../records/container-facts.ts';
import type { ContainerStats } from '../../records/container-stats.ts';
import type { DockerEvent } from '../../records/docker-event.ts';
import type { EngineInfo } from '../../records/engine-info.ts';
import type { Labels } from '../../records/labels.ts';
import { secondsOf } from './figures.ts';
import type { ContainerReading } from './reading.ts';

/** What joins the records of one engine, of whatever source, to readings of its containers. */
export interface Joined {
  readonly engine: (info: EngineInfo) => void;
  /** Each tells the reading that changed, if there is one to be shown. */
  readonly facts: (facts: ContainerFacts) => ContainerReading | undefined;
  readonly stats: (stats: ContainerStats) => ContainerReading | undefined;
  readonly event: (event: DockerEvent) => ContainerReading | undefined;
  readonly lacksReadings: () => boolean;
  /** Kills for want of memory by the name of the container. */
  readonly oomEvents: Map<string, number>;
}

export interface JoinOptions {
  readonly labelsOf: (facts: ContainerFacts) => Labels;
  /** A container has been read; `fromZero` when it was started while we looked. */
  readonly read: (stats: ContainerStats, fromZero: boolean) => void;
  /** The run that was read has ended. */
  readonly ended: (id: string) => void;
}

interface Entry {
  reading: ContainerReading;
  /** It ran while we looked: then its end is of interest. */
  hasRun: boolean;
}

/** Readings that came before the facts of their containers, and names of containers that were killed. */
const MAX_EARLY = 1_000;
const MAX_NAMES = 10_000;
/** Others are read meanwhile. */
const PATIENCE_S = 5 * 60;

export function joinRecords({ labelsOf, read, ended }: JoinOptions): Joined {
  const entries = new Map<string, Entry>();
  const early = new Map<string, ContainerStats>();
  const oomEvents = new Map<string, number>();
  let engine: EngineInfo | undefined;
  let firstRead: string | undefined;
  let newestRead: string | undefined;

  const shown = (id: string): ContainerReading | undefined => {
    const entry = entries.get(id);
    return entry !== undefined && (entry.hasRun || entry.reading.oomEvents > 0) ? entry.reading : undefined;
  };
  const update = (entry: Entry, changes: Partial<ContainerReading>): void => {
    entry.reading = { ...entry.reading, ...changes, engine };
  };
  const end = (entry: Entry): void => {
    ended(entry.reading.facts.container.id);
    update(entry, { stats: undefined });
  };
  const stats = (record: ContainerStats): ContainerReading | undefined => {
    const { id } = record.container;
    const entry = entries.get(id);
    if (entry === undefined) {
      remember(early, id, record, MAX_EARLY);
      return undefined;
    }
    // One that was under way when the container ended, or comes before we are told that it was started.
    if (!isUp(entry.reading.facts)) return undefined;
    firstRead ??= record.time;
    newestRead = record.time;
    read(record, isLater(entry.reading.facts.startedAt, firstRead));
    update(entry, { stats: record, lastSeen: record.time });
    return entry.reading;
  };
  return {
    oomEvents,
    stats,
    engine(info) {
      engine = info;
    },
    facts(facts) {
      const { id, name } = facts.container;
      const up = isUp(facts);
      const known = entries.get(id);
      const entry: Entry = known ?? { reading: blank(facts, labelsOf), hasRun: false };
      entries.set(id, entry);
      const { stats: last } = entry.reading;
      // A reading of the run under way may have come before we are told of it.
      if (last !== undefined && (!up || isLater(facts.startedAt, last.time))) end(entry);
      const time = up ? undefined : (entry.reading.time ?? facts.time);
      update(entry, { facts, labels: labelsOf(facts), time, oomEvents: oomEvents.get(name) ?? 0 });
      entry.hasRun ||= up;
      const first = early.get(id);
      early.delete(id);
      if (first !== undefined) stats(first);
      const reading = shown(id);
      if (facts.state === 'removed') entries.delete(id);
      return reading;
    },
    event({ type, action, id, attributes: { name } }) {
      if (type !== 'container' || action !== 'oom' || name === undefined) return undefined;
      const count = (oomEvents.get(name) ?? 0) + 1;
      remember(oomEvents, name, count, MAX_NAMES);
      const entry = entries.get(id);
      if (entry !== undefined) update(entry, { oomEvents: count });
      return shown(id);
    },
    lacksReadings: () =>
      [...entries.values()].some(
        ({ reading }) => reading.stats !== undefined && isLater(newestRead, reading.stats.time, PATIENCE_S),
      ),
  };
}

const blank = (facts: ContainerFacts, labelsOf: (facts: ContainerFacts) => Labels): ContainerReading => ({
  facts,
  stats: undefined,
  lastSeen: undefined,
  oomEvents: 0,
  engine: undefined,
  labels: labelsOf(facts),
  time: undefined,
});

/** By more than so many seconds; not where one of them is not known. */
const isLater = (time: string | undefined, than: string | undefined, seconds = 0): boolean =>
  (secondsOf(time) ?? NaN) - (secondsOf(than) ?? NaN) > seconds;

/** As the newest of at most so many. */
function remember<V>(map: Map<string, V>, key: string, value: V, most: number): void {
  map.delete(key);
  map.set(key, value);
  if (map.size > most) for (const oldest of map.keys()) return void map.delete(oldest);
}
