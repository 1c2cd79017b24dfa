/**
 * Recognises what a source emits once more, going on from a place before the last records appended: each as often as it
 * is among them. Once so many others have come, it forgets what has not.
 */
export function recognisesAgain(texts: readonly string[]): (text: string) => boolean {
  const counts = new Map<string, number>();
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
  let others = texts.length;
  return (text) => {
    if (counts.size === 0) return false;
    const count = counts.get(text);
    if (count === undefined) {
      others -= 1;
      if (others < 0) counts.clear();
      return false;
    }
    if (count === 1) counts.delete(text);
    else counts.set(text, count - 1);
    return true;
  };
}
