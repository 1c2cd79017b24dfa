import { instantOf } from './instant.ts';

/** Nanoseconds since the epoch, as decimal digits, of RFC 3339; nothing for Go's zero time and for no time. */
export function nanoDigitsOf(time: unknown): string | undefined {
  if (typeof time !== 'string') return undefined;
  const { ms, nanos } = instantOf(time);
  return ms > 0 ? `${ms}${String(nanos).padStart(6, '0')}` : undefined;
}

/**
 * Nanoseconds since the epoch, as decimal digits, to RFC 3339 in UTC with nine digits of fraction.
 * Keeps the text of the last second: most records share it with the one before.
 */
export function nanoFormatter(): (digits: string) => string {
  let second = '';
  let text = '';
  return (digits) => {
    const padded = digits.length < 10 ? digits.padStart(10, '0') : digits;
    const split = padded.length - 9;
    const seconds = padded.slice(0, split);
    if (seconds !== second) {
      text = new Date(Number(seconds) * 1000).toISOString().slice(0, 20);
      second = seconds;
    }
    return `${text}${padded.slice(split)}Z`;
  };
}
