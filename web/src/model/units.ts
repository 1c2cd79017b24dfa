import { showClock, showDuration } from '../../../src/overview/units.ts';

// Numbers as people read them, each with its unit. An absent one is a dash.

export const NOTHING = '–';

const BINARY = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];
const DECIMAL = ['B/s', 'kB/s', 'MB/s', 'GB/s', 'TB/s'];

const digits = (value: number): string => value.toFixed(value >= 100 || value === 0 ? 0 : 1);

function scaled(value: number, step: number, units: readonly string[]): string {
  let rest = value;
  let unit = 0;
  // What would be shown as a whole step goes to the next unit.
  while (unit < units.length - 1 && rest >= step - 0.5) {
    rest /= step;
    unit += 1;
  }
  return `${unit === 0 ? rest.toFixed(0) : digits(rest)} ${units[unit]!}`;
}

/** Of memory. */
export const showBytes = (bytes: number | undefined): string =>
  bytes === undefined ? NOTHING : scaled(bytes, 1024, BINARY);

export const showRate = (bytesPerSecond: number | undefined): string =>
  bytesPerSecond === undefined ? NOTHING : scaled(bytesPerSecond, 1000, DECIMAL);

export function showPercent(percent: number | undefined): string {
  if (percent === undefined) return NOTHING;
  return `${percent > 0 && percent < 0.05 ? '<0.1' : percent.toFixed(percent >= 100 ? 0 : 1)} %`;
}

export function showCount(count: number): string {
  if (count < 10_000) return String(Math.round(count));
  const [rest, unit] =
    count < 1e6 ? [count / 1e3, 'k'] : count < 1e9 ? [count / 1e6, 'M'] : [count / 1e9, 'G'];
  return `${digits(rest)} ${unit}`;
}

export const showPerSecond = (rate: number | undefined): string =>
  rate === undefined ? NOTHING : `${rate > 0 && rate < 10 ? rate.toFixed(1) : showCount(rate)}/s`;

/** How long; a dash for what is not known. */
export const showSpan = (seconds: number | undefined): string =>
  seconds === undefined ? NOTHING : showDuration(seconds);

/** With the date where it is of another day. */
export function showTime(ms: number, nowMs: number): string {
  const date = new Date(ms);
  if (date.toDateString() === new Date(nowMs).toDateString()) return showClock(ms);
  return `${date.toLocaleDateString('en-GB', { day: '2-digit', month: 'short' })} ${showClock(ms)}`;
}
