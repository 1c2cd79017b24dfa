/** Of two whole numbers in decimal digits without leading zeros, which may exceed 2^53. */
export const isEarlier = (a: string, b: string): boolean =>
  a.length === b.length ? a < b : a.length < b.length;

/** The difference of two such numbers; as a number, near enough for durations. */
export const digitsBetween = (from: string, to: string): number => Number(BigInt(to) - BigInt(from));
