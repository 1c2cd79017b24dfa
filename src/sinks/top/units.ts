const STEPS = [
  [86_400, 'd'],
  [3_600, 'h'],
  [60, 'm'],
  [1, 's'],
] as const;

/** `3d 4h`, `12m 5s`, `45s`: the largest unit and the next, as narrow as a column is; empty for what is not known. */
export function duration(seconds: number | undefined): string {
  if (seconds === undefined) return '';
  const whole = Math.max(0, Math.floor(seconds));
  const first = STEPS.findIndex(([size]) => whole >= size);
  if (first < 0) return '0s';
  const [size, unit] = STEPS[first]!;
  const next = STEPS[first + 1];
  const large = `${Math.floor(whole / size)}${unit}`;
  return next === undefined ? large : `${large} ${Math.floor((whole % size) / next[0])}${next[1]}`;
}

/** `9.5`, `120`, `45.2k`, `7.8M`: a number of things, or of things a second. */
export function count(value: number): string {
  if (value < 10) return String(Math.round(value * 10) / 10);
  if (value < 9_999.5) return value.toFixed(0);
  const [scaled, unit] = value < 999_950 ? [value / 1e3, 'k'] : [value / 1e6, 'M'];
  return `${scaled.toFixed(1)}${unit}`;
}
