/** What came last, within bounds of number, size and time. */
export interface RecentItems<I> {
  readonly push: (item: I, atMs: number, size: number) => void;
  /** Those of a span of time, its end included, and whether some of it had to be given up. */
  readonly between: (
    fromMs: number,
    toMs: number,
  ) => { readonly items: readonly I[]; readonly isCut: boolean };
}

export interface RecentLimits {
  readonly count: number;
  readonly size: number;
}

interface Kept<I> {
  readonly item: I;
  readonly atMs: number;
  readonly size: number;
}

export function recentItems<I>(max: RecentLimits): RecentItems<I> {
  const kept: Kept<I>[] = [];
  let size = 0;
  /** The latest time of what was given up. */
  let forgottenMs = -Infinity;
  return {
    push(item, atMs, ownSize) {
      kept.push({ item, atMs, size: ownSize });
      size += ownSize;
      while (kept.length > max.count || size > max.size) {
        const oldest = kept.shift()!;
        size -= oldest.size;
        forgottenMs = Math.max(forgottenMs, oldest.atMs);
      }
    },
    between: (fromMs, toMs) => ({
      items: kept.filter(({ atMs }) => atMs > fromMs && atMs <= toMs).map(({ item }) => item),
      isCut: forgottenMs > fromMs,
    }),
  };
}
