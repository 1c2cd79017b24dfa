const STEPS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];

/** `1023 B`, `1.00 KiB`, `12.3 MiB`, `456 GiB`; empty for what is not known. */
export function bytes(count: number | undefined): string {
  if (count === undefined) return '';
  let step = 0;
  let scaled = count;
  // 1023.5 would become four digits.
  for (; scaled >= 999.5 && step < STEPS.length - 1; step += 1) scaled /= 1024;
  const digits = step === 0 || scaled >= 99.95 ? 0 : scaled >= 9.995 ? 1 : 2;
  return `${scaled.toFixed(digits)} ${STEPS[step]!}`;
}

/** `0.0`, `12.3`, `250.0`; empty for what is not known. */
export const percent = (value: number | undefined): string => value?.toFixed(1) ?? '';

/** `01:02:03.123` of an RFC 3339 time, in its own time zone; anything else as it is. */
export const timeOfDay = (time: string): string =>
  /^\d{4}-\d\d-\d\d[Tt ](\d\d:\d\d:\d\d(?:\.\d{1,3})?)/.exec(time)?.[1] ?? time;
