/** Something that happened, and when, in milliseconds since the epoch. */
export interface Happening {
  readonly atMs: number;
}

/** The last happenings that lie close together. */
export interface Burst<H extends Happening> {
  readonly last: readonly H[];
  /** As many as are wanted; it stays so until fewer of them are close together. */
  readonly isFull: boolean;
}

export interface BurstLimits {
  readonly count: number;
  readonly withinMs: number;
}

/** A burst with one happening more. It became full by it when it `isFull` and was not before. */
export function withHappening<H extends Happening>(
  before: Burst<H> | undefined,
  happening: H,
  { count, withinMs }: BurstLimits,
): Burst<H> {
  const all = [...(before?.last ?? []), happening];
  const newestMs = Math.max(...all.map(({ atMs }) => atMs));
  const last = all.filter(({ atMs }) => newestMs - atMs < withinMs).slice(-count);
  return { last, isFull: last.length >= count };
}
