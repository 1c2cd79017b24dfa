/** Nanoseconds since 1970; event times are strictly increasing, as on an engine that is not overloaded. */
export interface Clock {
  readonly now: () => bigint;
  /** reserves `count` event times and returns the first */
  readonly next: (count?: number) => bigint;
  /** when the simulated host booted, by this clock */
  readonly bootNano: () => bigint;
  /** sets it forward, or back: event times increase from there */
  readonly step: (nano: bigint) => void;
}

const uptimeNano = 9n * 86_400_000_000_000n;

export function createClock(): Clock {
  let offset = BigInt(Date.now()) * 1_000_000n - process.hrtime.bigint();
  let last = 0n;
  const now = (): bigint => process.hrtime.bigint() + offset;
  let boot = now() - uptimeNano;
  return {
    now,
    bootNano: () => boot,
    step: (nano) => {
      offset += nano;
      boot += nano;
      last = 0n;
    },
    next: (count = 1) => {
      const at = now();
      const first = at > last ? at : last + 1n;
      last = first + BigInt(count - 1);
      return first;
    },
  };
}

export const yearOne = '0001-01-01T00:00:00Z';

const split = (nano: bigint): [string, string] => [
  new Date(Number(nano / 1_000_000_000n) * 1000).toISOString().slice(0, 19),
  (nano % 1_000_000_000n).toString().padStart(9, '0'),
];

/** As Go's RFC3339Nano: no trailing zeros. 0 is Go's zero time. */
export function rfc3339(nano: bigint): string {
  if (nano === 0n) return yearOne;
  const [seconds, fraction] = split(nano);
  const digits = fraction.replace(/0+$/, '');
  return digits === '' ? `${seconds}Z` : `${seconds}.${digits}Z`;
}

/** As the engine stamps log lines: always nine digits. */
export function rfc3339Fixed(nano: bigint): string {
  const [seconds, fraction] = split(nano);
  return `${seconds}.${fraction}Z`;
}
