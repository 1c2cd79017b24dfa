const UNITS_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
const MAX_MS = 2 ** 31 - 1;

/** `500ms`, `10s`, `2m` or `1h` in milliseconds; undefined for anything else and for more than a timer takes. */
export function parseDuration(text: string): number | undefined {
  const [, count = '', unit = ''] = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text) ?? [];
  const ms = Number(count) * (UNITS_MS[unit] ?? NaN);
  return ms <= MAX_MS ? Math.round(ms) : undefined;
}
