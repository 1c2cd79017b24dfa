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

const STEPS = [
  [86_400, 'd'],
  [3_600, 'h'],
  [60, 'min'],
  [1, 's'],
] as const;

/** The largest unit, and the next where that tells something: `3 d 4 h`, `12 min`, `45 s`. */
export function showDuration(seconds: number | undefined): string {
  if (seconds === undefined) return NOTHING;
  let rest = Math.max(0, Math.floor(seconds));
  const first = STEPS.findIndex(([size]) => rest >= size);
  if (first < 0) return '0 s';
  const [size, unit] = STEPS[first]!;
  const count = Math.floor(rest / size);
  rest -= count * size;
  const next = STEPS[first + 1];
  const more = next === undefined || count >= 10 ? 0 : Math.floor(rest / next[0]);
  return `${count} ${unit}${more > 0 ? ` ${more} ${next![1]}` : ''}`;
}

/** `14:03:59`, by the clock of whoever reads it; the zone stands beside all of them. */
export function showClock(ms: number): string {
  return new Date(ms).toLocaleTimeString('en-GB', { hour12: false });
}

/** With the date where it is of another day. */
export function showTime(ms: number, nowMs: number): string {
  const date = new Date(ms);
  if (date.toDateString() === new Date(nowMs).toDateString()) return showClock(ms);
  return `${date.toLocaleDateString('en-GB', { day: '2-digit', month: 'short' })} ${showClock(ms)}`;
}

/** `UTC+1`, `UTC−3:30`. */
export function showZone(ms: number): string {
  const minutes = -new Date(ms).getTimezoneOffset();
  if (minutes === 0) return 'UTC';
  const size = Math.abs(minutes);
  const rest = size % 60;
  return `UTC${minutes > 0 ? '+' : '−'}${Math.floor(size / 60)}${rest === 0 ? '' : `:${String(rest).padStart(2, '0')}`}`;
}

/** As the docker CLI shows it. */
export const shortId = (id: string): string => id.slice(0, 12);
