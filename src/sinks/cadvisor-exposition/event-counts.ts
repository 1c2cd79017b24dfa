import type { Json } from '../../core/types.ts';
import { CREATION, DELETION } from './counted.ts';
import type { Counted } from './counted.ts';

export interface Limits {
  /** Series of one cAdvisor, or of this machine. */
  readonly series: number;
  /** Names of processes told apart. */
  readonly processes: number;
}

/** The events of one cAdvisor, or of this machine, by kind: only ever more. */
export interface EventCounts {
  readonly add: (event: Counted) => void;
  /** All of them in the text format, sorted by their labels. */
  readonly text: () => string;
  readonly read: () => Json;
  readonly restore: (state: Json) => void;
}

interface Series {
  /** What it is sorted by. */
  readonly key: Buffer;
  readonly labels: string;
  readonly event: Counted;
  count: number;
}

interface State {
  readonly series: readonly (readonly [type: string, id: string, process: string, count: number])[];
  readonly gone: readonly string[];
}

const NAME = 'cadvisor_container_events_total';
const HEAD = `# HELP ${NAME} cadvisor events\n# TYPE ${NAME} counter\n`;
const OTHER = '__other__';
/** How many containers are forgotten at once, of the most series there may be. */
const FORGOTTEN = 0.01;
/** Longer values are taken for one. */
const MAX_CHARACTERS = 1_024;

/**
 * Where there is no room for a further series, those of the container that went first make it. Where none has gone, a
 * further cgroup counts as `__other__`. So does a further name of a process: a process names itself.
 */
export function eventCounts({ series: maxSeries, processes: maxProcesses }: Limits): EventCounts {
  const known = new Map<string, Series>();
  let sorted: Series[] = [];
  const processes = new Set<string>();
  /** The cgroups that have been deleted, in that order. */
  const gone = new Set<string>();

  const forget = (ids: ReadonlySet<string>): void => {
    for (const id of ids) gone.delete(id);
    sorted = sorted.filter(({ event }) => !ids.has(event.id));
    for (const [key, { event }] of known) if (ids.has(event.id)) known.delete(key);
  };
  const hasRoom = (id: string): boolean => {
    if (known.size < maxSeries) return true;
    forget(new Set([...gone].filter((other) => other !== id).slice(0, Math.ceil(maxSeries * FORGOTTEN))));
    return known.size < maxSeries;
  };
  const processOf = (name: string): string => {
    if (name === '' || processes.has(name)) return name;
    if (processes.size >= maxProcesses) return OTHER;
    processes.add(name);
    return name;
  };
  const open = (event: Counted): Series => {
    const key = keyOf(event);
    const found = known.get(key);
    if (found !== undefined) return found;
    const series = { key: Buffer.from(key), labels: printLabels(event), event, count: 0 };
    known.set(key, series);
    sorted.splice(placeIn(sorted, series.key), 0, series);
    return series;
  };
  const note = ({ type, id }: Counted): void => {
    if (type === CREATION || type === DELETION) gone.delete(id);
    if (type === DELETION) gone.add(id);
  };

  return {
    add({ type, id, process }) {
      const event = { type: bounded(type), id: bounded(id), process: processOf(bounded(process)) };
      const hasPlace = known.has(keyOf(event)) || hasRoom(event.id);
      open(hasPlace ? event : { ...event, id: OTHER }).count += 1;
      if (hasPlace) note(event);
    },
    text: () => HEAD + sorted.map(({ labels, count }) => `${NAME}{${labels}} ${count}\n`).join(''),
    read: () => ({
      series: sorted.map(({ event: { type, id, process }, count }) => [type, id, process, count]),
      gone: [...gone],
    }),
    restore(state) {
      const { series, gone: ended } = state as unknown as State;
      for (const [type, id, process, count] of series) {
        open({ type, id, process: processOf(process) }).count += count;
      }
      for (const id of ended) gone.add(id);
    },
  };
}

const keyOf = ({ type, id, process }: Counted): string => `${type}\0${id}\0${process}`;

/** Half of a surrogate pair has no UTF-8, and a NUL ends a text. */
const bounded = (value: string): string =>
  value.length > MAX_CHARACTERS ? OTHER : value.replace(/\0|\p{Surrogate}/gu, '\uFFFD');

const printLabels = ({ type, id, process }: Counted): string =>
  `event_type="${escaped(type)}",id="${escaped(id)}",oom_process="${escaped(process)}"`;

const escaped = (value: string): string =>
  value.replace(/[\\"\n]/g, (character) => (character === '\n' ? '\\n' : `\\${character}`));

/** Where it belongs in the order of bytes. */
function placeIn(sorted: readonly Series[], key: Buffer): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (Buffer.compare(sorted[middle]!.key, key) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
