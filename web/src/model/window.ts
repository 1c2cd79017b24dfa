/** Which items of a list are in sight, where each has its own height. */
export interface Placed<T> {
  readonly item: T;
  readonly top: number;
  readonly height: number;
}

export interface Layout<T> {
  readonly placed: readonly Placed<T>[];
  readonly height: number;
}

export function layOut<T>(items: readonly T[], heightOf: (item: T) => number): Layout<T> {
  let top = 0;
  const placed = items.map((item) => {
    const one = { item, top, height: heightOf(item) };
    top += one.height;
    return one;
  });
  return { placed, height: top };
}

/** Those between two heights, and a few more above and below. */
export function inSight<T>({ placed }: Layout<T>, from: number, to: number, more = 6): readonly Placed<T>[] {
  let low = 0;
  let high = placed.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const { top, height } = placed[middle]!;
    if (top + height <= from) low = middle + 1;
    else high = middle;
  }
  let end = low;
  while (end < placed.length && placed[end]!.top < to) end += 1;
  return placed.slice(Math.max(0, low - more), end + more);
}
