import { isFailure } from '../../overview/happenings.ts';
import type { SortKey } from '../../overview/order.ts';
import { isUp, uptimeSeconds } from '../../overview/rows.ts';
import { shortImage } from '../../overview/units.ts';
import { bytes, percent } from '../shared/units.ts';
import type { Tone } from '../shared/tones.ts';
import type { Row } from './rows.ts';
import { span } from './spans.ts';
import type { Span } from './spans.ts';
import { duration } from './units.ts';

/** A column of the table. */
export interface TopColumn {
  readonly title: string;
  /** Figures have one width, so that nothing jumps; texts are as wide as they need and there is room. */
  readonly width: number | { readonly least: number; readonly most: number };
  readonly side?: 'left' | 'right';
  /** Which order it stands for. */
  readonly sort?: SortKey;
  /** Those of the highest rank give way first when the terminal is narrow. */
  readonly rank: number;
  readonly cell: (row: Row, nowMs: number) => readonly Span[];
}

const BAR = 8;

/** How full: heavy and light, so that it can be read without colours. */
export function bar(share: number): readonly Span[] {
  const full = Math.round(Math.min(1, Math.max(0, share)) * BAR);
  // What is used at all is seen.
  const shown = full === 0 && share > 0.005 ? 1 : full;
  return [span('━'.repeat(shown), load(share * 100) ?? 'good'), span('─'.repeat(BAR - shown), 'quiet')];
}

const load = (percentage: number): Tone | undefined =>
  percentage < 75 ? undefined : percentage < 90 ? 'warning' : 'bad';

/** The engine's word, and what is wrong. */
export function stateText({ state, exitCode, isOomKilled, isCrashLooping }: Row): string {
  if (isCrashLooping) return 'crash loop';
  if (state !== 'exited') return state;
  if (isOomKilled) return 'oom killed';
  return exitCode === undefined ? state : `exited ${exitCode}`;
}

function stateTone(row: Row): Tone | undefined {
  const { state, exitCode } = row;
  if (row.isCrashLooping || state === 'dead') return 'bad';
  if (state === 'exited') return row.isOomKilled || isFailure(exitCode) ? 'bad' : 'quiet';
  if (state === 'running') return row.isOomKilled ? 'warning' : 'good';
  return state === 'created' ? 'quiet' : 'warning';
}

const HEALTH_TONES: Readonly<Record<Row['health'], Tone | undefined>> = {
  none: 'quiet',
  starting: 'warning',
  healthy: 'good',
  unhealthy: 'bad',
};

const figure = (
  title: string,
  width: number,
  rank: number,
  cell: (row: Row, nowMs: number) => string,
  sort?: SortKey,
): TopColumn => ({
  title,
  width,
  rank,
  side: 'right',
  cell: (row, nowMs) => [span(cell(row, nowMs))],
  ...(sort && { sort }),
});

/** `project/service`, or what is known of it. */
export const placeText = ({ project, service }: Row): string => [project, service].filter(Boolean).join('/');

export const COLUMNS: readonly TopColumn[] = [
  {
    ...{ title: 'NAME', width: { least: 12, most: 40 }, rank: 0, sort: 'name' },
    cell: (row) => [span(row.name, isUp(row) ? undefined : 'quiet')],
  },
  {
    ...{ title: 'IMAGE', width: { least: 10, most: 32 }, rank: 10 },
    cell: ({ image }) => [span(shortImage(image), 'quiet')],
  },
  {
    ...{ title: 'PROJECT/SERVICE', width: { least: 15, most: 32 }, rank: 9 },
    cell: (row) => [span(placeText(row))],
  },
  {
    ...{ title: 'STATE', width: 10, rank: 1 },
    cell: (row) => [span(stateText(row), stateTone(row))],
  },
  {
    ...{ title: 'HEALTH', width: 9, rank: 6 },
    cell: ({ health }) => [span(health === 'none' ? '' : health, HEALTH_TONES[health])],
  },
  figure('UPTIME', 7, 7, (row, nowMs) => duration(uptimeSeconds(row, nowMs)), 'uptime'),
  figure('RESTARTS', 8, 11, ({ restarts }) => (restarts === undefined ? '' : String(restarts))),
  figure('CPU %', 6, 2, ({ now }) => percent(now.cpuPercent), 'cpu'),
  figure('MEMORY', 8, 3, ({ now }) => bytes(now.memoryBytes), 'memory'),
  {
    ...{ title: '/ LIMIT', width: 10, rank: 8 },
    cell: ({ memoryLimit, isLimited, now }) =>
      memoryLimit === undefined || (!isLimited && now.memoryBytes === undefined)
        ? []
        : [span(`/ ${bytes(memoryLimit)}`, isLimited ? undefined : 'quiet')],
  },
  {
    ...{ title: 'USED', width: BAR, rank: 5 },
    cell: ({ now }) => (now.memoryPercent === undefined ? [] : bar(now.memoryPercent / 100)),
  },
  figure('NET RX/S', 8, 4, ({ now }) => bytes(now.networkRxBytesPerSecond), 'network'),
  figure('NET TX/S', 8, 4, ({ now }) => bytes(now.networkTxBytesPerSecond), 'network'),
  figure('READ/S', 8, 9, ({ now }) => bytes(now.blockReadBytesPerSecond), 'block'),
  figure('WRITE/S', 8, 9, ({ now }) => bytes(now.blockWriteBytesPerSecond), 'block'),
  figure('PIDS', 5, 12, ({ now }) => String(now.pids ?? '')),
];

/** Where several engines are shown. */
export const HOST_COLUMN: TopColumn = {
  ...{ title: 'HOST', width: { least: 8, most: 20 }, rank: 8 },
  cell: ({ host }) => [span(host, 'quiet')],
};
