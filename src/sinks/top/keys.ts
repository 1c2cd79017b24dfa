import { nextSort } from '../../overview/order.ts';
import type { Sort, SortKey } from '../../overview/order.ts';

/** What whoever sits in front of it has set. */
export interface Settings {
  readonly sort: Sort;
  readonly filter: string;
  /** Keys go into the filter. */
  readonly isTyping: boolean;
  readonly isPaused: boolean;
  /** How many rows are above the first that is seen. */
  readonly offset: number;
}

export const FIRST_SETTINGS: Settings = {
  sort: { by: 'cpu', descending: true },
  ...{ filter: '', isTyping: false, isPaused: false, offset: 0 },
};

/** How far one can scroll. */
export interface Extent {
  readonly rows: number;
  /** How many of them are seen at once. */
  readonly page: number;
}

const NAMED: Readonly<Record<string, string>> = {
  '\u001b[A': 'up',
  '\u001bOA': 'up',
  '\u001b[B': 'down',
  '\u001bOB': 'down',
  '\u001b[5~': 'pageup',
  '\u001b[6~': 'pagedown',
  '\u001b[H': 'home',
  '\u001bOH': 'home',
  '\u001b[1~': 'home',
  '\u001b[F': 'end',
  '\u001bOF': 'end',
  '\u001b[4~': 'end',
  '\u001b': 'escape',
  '\u0003': 'interrupt',
  '\r': 'enter',
  '\n': 'enter',
  '\u007f': 'backspace',
  '\b': 'backspace',
  '\u0015': 'clear',
};

/** The keys in what a terminal sends: names of those that write nothing, others as they are. Unknown ones are left out. */
export function keysIn(text: string): readonly string[] {
  const tokens = text.match(/\u001b(?:\[[0-9;?]*[@-~]|O[@-~])?|[^\u001b]/gu) ?? [];
  return tokens.flatMap((token) => NAMED[token] ?? (/^[\u001b\p{Cc}]/u.test(token) ? [] : [token]));
}

const SORTS: Readonly<Record<string, SortKey>> = {
  ...{ c: 'cpu', m: 'memory', n: 'network', d: 'block', t: 'uptime', a: 'name' },
};

/** The settings behind a key; undefined: to end. */
export function press(settings: Settings, key: string, extent: Extent): Settings | undefined {
  if (key === 'interrupt') return undefined;
  const scrolled = scroll(settings, key, extent);
  if (scrolled !== undefined) return scrolled;
  return settings.isTyping ? type(settings, key) : command(settings, key);
}

function command(settings: Settings, key: string): Settings | undefined {
  if (key === 'q') return undefined;
  if (key === 'p' || key === ' ') return { ...settings, isPaused: !settings.isPaused };
  if (key === '/') return { ...settings, isTyping: true };
  if (key === 'escape') return { ...settings, filter: '', offset: 0 };
  const by = SORTS[key];
  if (by === undefined) return settings;
  return { ...settings, sort: nextSort(settings.sort, by), offset: 0 };
}

const MOST_TYPED = 100;

function type(settings: Settings, key: string): Settings {
  const { filter } = settings;
  if (key === 'enter') return { ...settings, isTyping: false };
  if (key === 'escape') return { ...settings, isTyping: false, filter: '', offset: 0 };
  if (key === 'clear') return { ...settings, filter: '', offset: 0 };
  if (key === 'backspace') return { ...settings, filter: filter.replace(/.$/u, ''), offset: 0 };
  if (!/^.$/u.test(key) || filter.length >= MOST_TYPED) return settings;
  return { ...settings, filter: filter + key, offset: 0 };
}

function scroll(settings: Settings, key: string, { rows, page }: Extent): Settings | undefined {
  const { offset } = settings;
  const last = Math.max(0, rows - page);
  const places: Readonly<Record<string, number>> = {
    ...{
      up: offset - 1,
      down: offset + 1,
      pageup: offset - page,
      pagedown: offset + page,
      home: 0,
      end: last,
    },
  };
  const place = places[key];
  return place === undefined ? undefined : { ...settings, offset: Math.max(0, Math.min(last, place)) };
}
