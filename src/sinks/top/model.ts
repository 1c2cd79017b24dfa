import { isUp, placeOf, rowOfFacts, STALE_MS } from '../../overview/rows.ts';
import type { ContainerFacts } from '../../records/container-facts.ts';
import { containerKey, kindOf } from '../../records/container-records.ts';
import type { Derived, DerivedStats } from '../../records/derived-stats.ts';
import type { EngineInfo } from '../../records/engine-info.ts';
import { isLimit, memoryBytes, memoryPercent } from '../../records/stats-figures.ts';
import { itemOf } from './happenings.ts';
import type { Happening, Item } from './happenings.ts';
import type { Row } from './rows.ts';

/** The newest that is known of everything. Reads no clock but what is handed in. */
export interface Model {
  /** Whether the record is of a kind that is shown. */
  readonly take: (record: unknown) => boolean;
  readonly rows: (nowMs: number) => readonly Row[];
  /** The oldest first. */
  readonly items: () => readonly Item[];
  readonly engines: () => readonly EngineInfo[];
  readonly isSimulated: () => boolean;
  /** Whether all that the engine says it runs has been read twice: only then there are rates. */
  readonly isComplete: () => boolean;
}

interface Reading {
  readonly record: DerivedStats;
  readonly derived: Derived;
  readonly atMs: number;
  /** It is not the first. */
  readonly isSecond: boolean;
}

const MOST_CONTAINERS = 10_000;
const MOST_ITEMS = 200;
/** Who has been up for so long has left its crash loop. */
const CALM_MS = 5 * 60_000;

export function createModel(): Model {
  const engines = new Map<string, EngineInfo>();
  const containers = new Map<string, ContainerFacts>();
  const readings = new Map<string, Reading>();
  const looping = new Set<string>();
  let items: Item[] = [];
  let hasFacts = false;
  let isSimulated = false;

  const takeFacts = (facts: ContainerFacts): void => {
    const key = containerKey(facts.host, facts.container.id);
    hasFacts = true;
    if (facts.state === 'removed') for (const known of [containers, readings, looping]) known.delete(key);
    else keep(containers, key, facts);
  };
  const takeReading = (record: DerivedStats): void => {
    const key = containerKey(record.host, record.container.id);
    const derived = (record.derived as Derived | undefined) ?? levelsOf(record);
    const isSecond = readings.delete(key);
    keep(readings, key, { record, derived, atMs: Date.parse(record.time), isSecond });
  };
  const takeHappening = (one: Happening): void => {
    if (one.kind === 'crash-loop') looping.add(containerKey(one.host, one.container.id));
    const item = itemOf(one);
    if (item !== undefined) items = [...items.slice(1 - MOST_ITEMS), item];
  };
  const rows = (nowMs: number): readonly Row[] => {
    const reading = (key: string): Reading | undefined => {
      const newest = readings.get(key);
      return newest !== undefined && nowMs - newest.atMs < STALE_MS ? newest : undefined;
    };
    if (!hasFacts)
      return [...readings.keys()].flatMap((key) => {
        const newest = reading(key);
        return newest === undefined ? [] : [rowOfReading(newest)];
      });
    return [...containers].map(([key, facts]) => {
      const row = rowOf(facts, looping.has(key), nowMs);
      const newest = isUp(row) ? reading(key) : undefined;
      return newest === undefined ? row : { ...row, ...figuresOf(newest, row.memoryLimit) };
    });
  };
  return {
    take(record) {
      const one = record as (ContainerFacts | DerivedStats | EngineInfo | Happening) | null;
      switch (kindOf(one)) {
        case 'container-facts':
          takeFacts(one as ContainerFacts);
          break;
        case 'container-stats':
          takeReading(one as DerivedStats);
          break;
        case 'engine-info':
          engines.set((one as EngineInfo).host, one as EngineInfo);
          break;
        case 'docker-event':
        case 'gap':
        case 'oom-kill':
        case 'crash-loop':
          takeHappening(one as Happening);
          break;
        default:
          return false;
      }
      isSimulated ||= one!.simulated === true;
      return true;
    },
    rows,
    items: () => items,
    engines: () => [...engines.values()],
    isSimulated: () => isSimulated,
    isComplete() {
      const running = [...containers].filter(([, { state }]) => state === 'running');
      const told = [...engines.values()].reduce((sum, one) => sum + one.containers.running, 0);
      return (
        engines.size > 0 &&
        running.length >= told &&
        running.every(([key]) => readings.get(key)?.isSecond === true)
      );
    },
  };
}

/** What one reading tells by itself. */
function levelsOf({ stats }: DerivedStats): Derived {
  const [bytes, percent] = [memoryBytes(stats), memoryPercent(stats)];
  const { current } = stats.pids_stats;
  return {
    ...(bytes !== undefined && { memoryBytes: bytes }),
    ...(percent !== undefined && { memoryPercent: percent }),
    ...(current !== undefined && { pids: current }),
  };
}

function figuresOf(
  { record, derived }: Reading,
  ownLimit: number | undefined,
): Pick<Row, 'now' | 'memoryLimit'> {
  const { limit } = record.stats.memory_stats;
  return {
    now: derived,
    memoryLimit: ownLimit ?? (limit !== undefined && isLimit(limit) ? limit : undefined),
  };
}

function rowOf(facts: ContainerFacts, isTold: boolean, nowMs: number): Row {
  const { memory } = facts.limits;
  const row = rowOfFacts(facts, isTold);
  const isCalm = row.state === 'running' && row.startedMs !== undefined && nowMs - row.startedMs > CALM_MS;
  return {
    ...row,
    isCrashLooping: isTold && !isCalm,
    ...{ memoryLimit: memory > 0 ? memory : undefined, isLimited: memory > 0 },
  };
}

/** Where nothing tells of containers but their readings. */
function rowOfReading(reading: Reading): Row {
  const { host, container } = reading.record;
  const { id, name, image, labels } = container;
  return {
    ...{ id, host, name, image, ...placeOf(labels), state: 'running', health: 'none' },
    ...{ startedMs: undefined, exitCode: undefined, restarts: undefined },
    ...{ isOomKilled: false, isCrashLooping: false, isLimited: true, ...figuresOf(reading, undefined) },
  };
}

/** The one that was told of the longest ago gives way. */
function keep<V>(map: Map<string, V>, key: string, value: V): void {
  map.set(key, value);
  if (map.size > MOST_CONTAINERS) map.delete(map.keys().next().value!);
}
