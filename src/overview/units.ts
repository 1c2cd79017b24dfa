const STEPS = [
  [86_400, 'd'],
  [3_600, 'h'],
  [60, 'min'],
  [1, 's'],
] as const;

/** The largest unit, and the next where that tells something: `3 d 4 h`, `12 min`, `45 s`. */
export function showDuration(seconds: number): string {
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
  const date = new Date(ms);
  const parts = [date.getHours(), date.getMinutes(), date.getSeconds()];
  return parts.map((part) => String(part).padStart(2, '0')).join(':');
}

/** `UTC`, `UTC+1`, `UTC−3:30`. */
export function showZone(ms: number): string {
  const minutes = -new Date(ms).getTimezoneOffset();
  if (minutes === 0) return 'UTC';
  const size = Math.abs(minutes);
  const rest = size % 60;
  return `UTC${minutes > 0 ? '+' : '−'}${Math.floor(size / 60)}${rest === 0 ? '' : `:${String(rest).padStart(2, '0')}`}`;
}

/** As the docker CLI shows it; names, of volumes for instance, stay as they are. */
export const shortId = (id: string): string => (/^[0-9a-f]{64}$/.test(id) ? id.slice(0, 12) : id);

/** Without registry and digest: `team/app:1.2`; twelve digits of an id. */
export function shortImage(image: string): string {
  const id = /^(?:sha256:)?([0-9a-f]{12})[0-9a-f]{52}$/.exec(image);
  if (id !== null) return id[1]!;
  return image.replace(/@sha256:[0-9a-f]+$/, '').replace(/^(?:localhost|[^/]*[.:][^/]*)\/(?:library\/)?/, '');
}
