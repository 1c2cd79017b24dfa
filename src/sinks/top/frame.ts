import { sortRows } from '../../overview/order.ts';
import { isUp } from '../../overview/rows.ts';
import { searchRows } from '../../overview/search.ts';
import { showClock, showZone } from '../../overview/units.ts';
import type { EngineInfo } from '../../records/engine-info.ts';
import { bytes, percent } from '../shared/units.ts';
import { COLUMNS, HOST_COLUMN } from './columns.ts';
import type { Flow, FlowRates } from './flows.ts';
import type { Item } from './happenings.ts';
import type { Extent, Settings } from './keys.ts';
import type { Row } from './rows.ts';
import { cutSpans, fitSpans, paintSpans, span, spansWidth } from './spans.ts';
import type { Span } from './spans.ts';
import { layOut, rowLine, titleLine } from './table.ts';
import { count, duration } from './units.ts';

/** All that a frame shows, of one moment. */
export interface View {
  readonly nowMs: number;
  readonly engines: readonly EngineInfo[];
  readonly isSimulated: boolean;
  readonly rows: readonly Row[];
  /** The oldest first. */
  readonly items: readonly Item[];
  readonly flows: readonly (Flow & { readonly rates: FlowRates | undefined })[];
  /** Why the engine is away. */
  readonly trouble?: string | undefined;
}

export interface Size {
  readonly columns: number;
  readonly rows: number;
  readonly colours: boolean;
}

export interface Frame {
  /** As many as the terminal has rows, none wider than it. */
  readonly lines: readonly string[];
  readonly extent: Extent;
}

/** The last events take a quarter of the terminal, and what containers leave free; a low terminal has none. */
function stripOf(height: number, free: number, items: number): number {
  if (height < 12) return 0;
  const least = Math.floor(height / 4);
  return Math.max(least, Math.min(free, items));
}

export function frameOf(view: View, settings: Settings, { columns, rows: height, colours }: Size): Frame {
  const found = sortRows(searchRows(view.rows, settings.filter), settings.sort);
  const flows = height < 10 ? [] : view.flows.slice(0, Math.max(1, Math.floor(height / 6)));
  // Around the events: the head, the titles, the rule and the foot.
  const strip = stripOf(height, height - 4 - flows.length - Math.max(1, found.length), view.items.length);
  const page = Math.max(1, height - 3 - flows.length - (strip === 0 ? 0 : strip + 1));
  const offset = Math.max(0, Math.min(settings.offset, found.length - page));
  const shown = found.slice(offset, offset + page);

  const hosts = new Set(view.rows.map(({ host }) => host));
  const laid = layOut(hosts.size > 1 ? [...COLUMNS, HOST_COLUMN] : COLUMNS, found, columns, view.nowMs);
  const table = [
    titleLine(laid, settings.sort),
    ...(shown.length === 0
      ? [emptyLine(view, settings)]
      : shown.map((row) => rowLine(laid, row, view.nowMs))),
  ];
  const place = found.length > page ? `${offset + 1}-${offset + shown.length} of ${found.length}` : '';
  const lines = [
    headLine(view, settings, columns),
    ...filled(table, page + 1),
    ...(strip === 0 ? [] : [ruleLine('events', place, columns), ...stripLines(view.items, strip)]),
    ...flows.map(flowLine),
    footLine(settings, found.length, columns),
  ];
  return {
    lines: lines.slice(-height).map((line) => paintSpans(cutSpans(line, columns), colours)),
    extent: { rows: found.length, page },
  };
}

type Line = readonly Span[];

const filled = (lines: readonly Line[], height: number): readonly Line[] => [
  ...lines.slice(0, height),
  ...Array.from({ length: Math.max(0, height - lines.length) }, () => []),
];

function emptyLine({ rows, engines, trouble }: View, { filter }: Settings): Line {
  if (rows.length > 0) return [span(`no container matches ${JSON.stringify(filter)}`, 'quiet')];
  if (trouble !== undefined) return [span(trouble, 'bad')];
  return [span(engines.length > 0 ? 'no containers' : 'waiting for the engine', 'quiet')];
}

/** What is where, how much of it is used, and the time with its zone. */
function headLine({ engines, isSimulated, rows, nowMs }: View, settings: Settings, width: number): Line {
  const up = rows.filter(isUp);
  const cpu = up.reduce((sum, { now }) => sum + (now.cpuPercent ?? 0), 0);
  const memory = up.reduce((sum, { now }) => sum + (now.memoryBytes ?? 0), 0);
  const [engine] = engines;
  const cpus = engines.reduce((sum, one) => sum + one.cpus, 0);
  const all = engines.reduce((sum, one) => sum + one.memoryBytes, 0);
  const name =
    engine === undefined
      ? 'dockrx'
      : engines.length > 1
        ? `${engines.length} engines`
        : `${engine.host} ${engine.engine} ${engine.version}`;
  const parts: Span[] = [
    span(name, 'title'),
    ...(isSimulated ? [span('simulated', 'warning')] : []),
    span(`${up.length} of ${rows.length} up`),
    span(`cpu ${percent(cpu)} %${cpus === 0 ? '' : ` of ${cpus} CPUs`}`),
    span(`memory ${bytes(memory)}${all === 0 ? '' : ` of ${bytes(all)}`}`),
  ];
  const left = parts.flatMap((part, i) => (i === 0 ? [part] : [span('  '), part]));
  const right = [
    ...(settings.isPaused ? [span('PAUSED', 'warning'), span('  ')] : []),
    span(`${showClock(nowMs)} ${showZone(nowMs)}`, 'quiet'),
  ];
  return sides(left, right, width);
}

/** The right one is whole; the left one is cut where there is no room for both. */
function sides(left: Line, right: Line, width: number): Line {
  const room = width - spansWidth(right) - 2;
  return room < 10 ? left : [...fitSpans(left, room, 'left'), { text: '  ' }, ...right];
}

function ruleLine(title: string, place: string, width: number): Line {
  const end = place === '' ? '' : ` ${place} ─`;
  const middle = '─'.repeat(Math.max(0, width - title.length - 4 - end.length));
  return [span(`─ ${title} ${middle}${end}`, 'quiet')];
}

const WHAT = 11;
const SUBJECT = 24;

function stripLines(items: readonly Item[], height: number): readonly Line[] {
  const lines = items
    .slice(-height)
    .map(({ atMs, what, tone, subject, text }) => [
      span(`${showClock(atMs)}  `, 'quiet'),
      ...fitSpans([span(what, tone)], WHAT, 'left'),
      span('  '),
      ...fitSpans([span(subject)], SUBJECT, 'left'),
      span('  '),
      span(text, tone === 'bad' ? undefined : 'quiet'),
    ]);
  return filled(lines.length === 0 ? [[span('nothing has happened yet', 'quiet')]] : lines, height);
}

/** A sink that keeps up has been given nothing so long ago, in seconds. */
const LONG_LAG = 5;

function flowLine({
  name,
  state,
  rates,
  dropped,
  rejected,
  inFlight,
  away,
  lagSeconds,
}: View['flows'][number]): Line {
  const rate = (value: number | undefined): string => (value === undefined ? '–' : count(value));
  return [
    span(name, 'title'),
    span(`  in ${rate(rates?.inPerSecond)}/s  out ${rate(rates?.outPerSecond)}/s`),
    span('  '),
    span(`dropped ${count(dropped)}`, dropped > 0 ? 'bad' : 'quiet'),
    ...(rejected > 0 ? [span('  '), span(`rejected ${count(rejected)}`, 'warning')] : []),
    span(`  in flight ${count(inFlight)}`, 'quiet'),
    span(`  lag ${duration(lagSeconds)}`, lagSeconds < LONG_LAG ? 'quiet' : 'warning'),
    ...(state === 'running' ? [] : [span('  '), span(state, 'warning')]),
    ...(away.length === 0 ? [] : [span('  '), span(`away: ${away.join(', ')}`, 'bad')]),
  ];
}

const KEYS: readonly (readonly [string, string])[] = [
  ['q', 'quit'],
  ['/', 'filter'],
  ['p', 'pause'],
  ['↑↓', 'scroll'],
  ['c', 'cpu'],
  ['m', 'memory'],
  ['n', 'network'],
  ['d', 'disk'],
  ['t', 'uptime'],
  ['a', 'name'],
];

function footLine({ filter, isTyping }: Settings, found: number, width: number): Line {
  if (isTyping)
    return [span('/', 'title'), span(`${filter}▏`), span(`  ${found} found  enter keep  esc clear`, 'quiet')];
  const active = filter === '' ? [] : [span(`/${filter}`, 'warning'), span('  esc clear   ', 'quiet')];
  const keys = KEYS.flatMap(([key, what]) => [span(key, 'title'), span(` ${what}  `, 'quiet')]);
  return cutSpans([...active, ...keys], width);
}
