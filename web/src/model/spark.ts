/** The path of a small curve in a box, the newest value at its right edge; nothing where there are not two values. */
export function sparkPath(
  values: readonly number[],
  { width, height, slots, most }: { width: number; height: number; slots: number; most: number },
): string {
  const step = width / (slots - 1);
  const left = width - (values.length - 1) * step;
  let path = '';
  let isDown = false;
  values.forEach((value, i) => {
    if (Number.isNaN(value)) {
      isDown = false;
      return;
    }
    const y = height - 1 - (Math.min(value, most) / most) * (height - 2);
    path += `${isDown ? 'L' : 'M'}${(left + i * step).toFixed(1)} ${y.toFixed(1)}`;
    isDown = true;
  });
  return values.length < 2 ? '' : path;
}

/** The largest of the values, and of a smallest scale: a quiet container shows a flat line. */
export function scaleOf(lists: readonly (readonly number[])[], least: number): number {
  let most = least;
  for (const values of lists) for (const value of values) if (value > most) most = value;
  return most;
}
