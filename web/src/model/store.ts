import { isUp, rowOfFacts, STALE_MS } from '../../../src/overview/rows.ts';
import { containerKey } from '../../../src/records/container-records.ts';
import type { ContainerFacts } from '../../../src/records/container-facts.ts';
import type { DerivedStats } from '../../../src/records/derived-stats.ts';
import type { EngineInfo } from '../../../src/records/engine-info.ts';
import type { Happening, PageReading, PageState } from '../../../src/records/page-state.ts';
import { createHistory } from './history.ts';
import type { History } from './history.ts';
import type { Row } from './rows.ts';
import { createCrashLoops, itemOf, missedItem } from './timeline.ts';
import type { Item } from './timeline.ts';

/** What a feed may bring. */
export type LiveRecord = ContainerFacts | DerivedStats | EngineInfo | Happening;

/** All that the page knows. Nothing in it reads a clock but what is handed in. */
export interface Store {
  readonly take: (record: LiveRecord, nowMs: number) => void;
  /** The newest that is known, at the beginning and after an absence: what is not in it is gone. */
  readonly load: (state: PageState, nowMs: number) => void;
  readonly missed: (text: string, nowMs: number) => void;
  readonly rows: (nowMs: number) => readonly Row[];
  /** The newest first. */
  readonly items: () => readonly Item[];
  readonly engines: () => readonly EngineInfo[];
  readonly isSimulated: () => boolean;
}

interface Known {
  facts: ContainerFacts | undefined;
  history: History;
  reading: Pick<PageReading, 'time' | 'derived'> | undefined;
  goneMs: number | undefined;
}

const MOST_ITEMS = 5_000;
/** How long a container that was removed is still shown. */
const FADE_MS = 8_000;

export function createStore(): Store {
  const known = new Map<string, Known>();
  const engines = new Map<string, EngineInfo>();
  const keys = new Set<string>();
  const loops = createCrashLoops();
  const items: Item[] = [];
  let isSimulated = false;

  const knownOf = (key: string): Known => {
    let one = known.get(key);
    if (one === undefined) {
      one = { facts: undefined, history: createHistory(), reading: undefined, goneMs: undefined };
      known.set(key, one);
    }
    return one;
  };
  const takeFacts = (facts: ContainerFacts, nowMs: number): void => {
    const one = knownOf(containerKey(facts.host, facts.container.id));
    if (one.facts !== undefined && Date.parse(facts.time) < Date.parse(one.facts.time)) return;
    one.facts = facts;
    one.goneMs = facts.state === 'removed' ? (one.goneMs ?? nowMs) : undefined;
  };
  const takeReading = (host: string, id: string, reading: Pick<PageReading, 'time' | 'derived'>): void => {
    const one = knownOf(containerKey(host, id));
    one.reading = reading;
    one.history.add(Date.parse(reading.time), reading.derived);
  };
  const addItem = (item: Item): void => {
    if (keys.has(item.key)) return;
    keys.add(item.key);
    // They come nearly in order: the place is near the end.
    let at = items.length;
    while (at > 0 && items[at - 1]!.atMs > item.atMs) at -= 1;
    items.splice(at, 0, item);
    if (items.length < MOST_ITEMS * 1.2) return;
    for (const { key } of items.splice(0, items.length - MOST_ITEMS)) keys.delete(key);
  };
  const takeHappening = (one: Happening): void => {
    const item = itemOf(one);
    if (keys.has(item.key)) return;
    addItem(item);
    const loop = one.kind === 'docker-event' ? loops.take(one) : undefined;
    if (loop !== undefined) addItem(loop);
  };
  return {
    take(record, nowMs) {
      if (record.simulated === true) isSimulated = true;
      if (record.kind === 'container-facts') takeFacts(record, nowMs);
      else if (record.kind === 'container-stats')
        takeReading(record.host, record.container.id, { time: record.time, derived: record.derived });
      else if (record.kind === 'engine-info') engines.set(record.host, record);
      else if (['docker-event', 'gap', 'oom-kill'].includes(record.kind)) takeHappening(record);
    },
    load(state, nowMs) {
      for (const info of state.engines) engines.set(info.host, info);
      isSimulated ||= [...state.engines, ...state.containers].some(({ simulated }) => simulated);
      const there = new Set(state.containers.map(({ host, container }) => containerKey(host, container.id)));
      for (const [key, one] of known) if (!there.has(key)) one.goneMs ??= nowMs;
      for (const facts of state.containers) takeFacts(facts, nowMs);
      for (const { host, id, ...reading } of state.readings)
        if (there.has(containerKey(host, id))) takeReading(host, id, reading);
      for (const one of state.happenings) takeHappening(one);
    },
    missed: (text, nowMs) => addItem(missedItem(nowMs, text)),
    rows(nowMs) {
      const rows: Row[] = [];
      for (const [key, one] of known) {
        if (one.goneMs !== undefined && nowMs - one.goneMs > FADE_MS) known.delete(key);
        else if (one.facts !== undefined)
          rows.push(rowOf(key, one.facts, one, loops.isLooping(one.facts.container.id, nowMs), nowMs));
      }
      return rows;
    },
    items: () => [...items].reverse(),
    engines: () => [...engines.values()],
    isSimulated: () => isSimulated,
  };
}

function rowOf(key: string, facts: ContainerFacts, one: Known, isCrashLooping: boolean, nowMs: number): Row {
  const { finishedAt, limits } = facts;
  const row: Row = {
    ...rowOfFacts(facts, isCrashLooping),
    key,
    state: one.goneMs === undefined ? facts.state : 'removed',
    finishedMs: finishedAt === undefined ? undefined : Date.parse(finishedAt),
    memoryLimit: limits.memory > 0 ? limits.memory : undefined,
    history: one.history,
  };
  const isFresh = one.reading !== undefined && nowMs - Date.parse(one.reading.time) < STALE_MS;
  return isUp(row) && isFresh ? { ...row, now: one.reading!.derived } : row;
}
