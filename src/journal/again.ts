export interface Again {
  /** Whether it is one of them, which counts it off. */
  readonly has: (text: string) => boolean;
  /** How many have not come again yet. */
  readonly outstanding: () => number;
}

/**
 * Recognises what a source emits once more, going on from a place before the last records appended: each as often as it
 * is among them. Once so many others have come, it forgets what has not.
 */
export function recognisesAgain(texts: readonly string[]): Again {
  const counts = new Map<string, number>();
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
  let outstanding = texts.length;
  let others = texts.length;
  const forget = (): void => {
    counts.clear();
    outstanding = 0;
  };
  return {
    outstanding: () => outstanding,
    has: (text) => {
      if (outstanding === 0) return false;
      const count = counts.get(text);
      if (count === undefined) {
        others -= 1;
        if (others < 0) forget();
        return false;
      }
      outstanding -= 1;
      if (count === 1) counts.delete(text);
      else counts.set(text, count - 1);
      return true;
    },
  };
}
