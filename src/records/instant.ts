/** A point in time to the nanosecond. As one number it would lose digits. */
export interface Instant {
  /** Since the epoch. */
  readonly ms: number;
  /** Beyond the milliseconds: below 1e6. */
  readonly nanos: number;
}

/** Of RFC 3339 in any zone, up to nine digits of fraction. `ms` is NaN where there is no time to read. */
export function instantOf(time: string): Instant {
  return { ms: Date.parse(time), nanos: nanosOf(time) };
}

/** Negative when `later` is earlier. */
export function secondsBetween(earlier: Instant, later: Instant): number {
  return (later.ms - earlier.ms) / 1e3 + (later.nanos - earlier.nanos) / 1e9;
}

const FRACTION_AT = '2026-11-22T00:00:00'.length;

/** The fourth to the ninth digit of the fraction. */
function nanosOf(time: string): number {
  if (time[FRACTION_AT] !== '.') return 0;
  let nanos = 0;
  let unit = 100_000;
  for (let at = FRACTION_AT + 4; unit >= 1; at += 1, unit /= 10) {
    const digit = time.charCodeAt(at) - 48;
    if (!(digit >= 0 && digit <= 9)) break;
    nanos += digit * unit;
  }
  return nanos;
}
