/**
 * Keeps a map that is ordered by use within its bound: the oldest go, a sixteenth of the bound at once, for to look for
 * the oldest is slow in a map that has lost many.
 */
export function forgetOldest(entries: Map<unknown, unknown>, max: number): void {
  if (entries.size <= max) return;
  let excess = entries.size - max + Math.floor(max / 16);
  for (const key of entries.keys()) {
    if (excess === 0) return;
    entries.delete(key);
    excess -= 1;
  }
}
