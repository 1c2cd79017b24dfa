/** A time in a query: absent, nanoseconds since 1970, or not a number. */
export type QueryTime =
  { readonly kind: 'none' } | { readonly kind: 'nano'; readonly nano: bigint } | BadTime;
interface BadTime {
  readonly kind: 'bad';
  readonly message: string;
}

/** `seconds[.fraction]`, the fraction with any number of digits. -1 means "none", as in the engine. */
export function parseQueryTime(text: string | null): QueryTime {
  if (text === null || text === '' || text === '-1') return { kind: 'none' };
  const match = /^(-?\d+)(?:\.(\d+))?$/.exec(text);
  if (match === null) {
    const [bad = text] = text.split('.');
    return { kind: 'bad', message: `strconv.ParseInt: parsing ${JSON.stringify(bad)}: invalid syntax` };
  }
  const fraction = BigInt((match[2] ?? '').slice(0, 9).padEnd(9, '0'));
  const seconds = BigInt(match[1]!) * 1_000_000_000n;
  return { kind: 'nano', nano: match[1]!.startsWith('-') ? seconds - fraction : seconds + fraction };
}
