/** Calls back so many times, each when it is due by the clock; one that comes late has been late from then on. */
export function onTime(
  { count, perSecond }: { readonly count: number; readonly perSecond: number },
  each: (seq: number, dueMs: number) => void,
): () => void {
  const startMs = performance.timeOrigin + performance.now();
  let seq = 0;
  const timer = setInterval(() => {
    const nowMs = performance.timeOrigin + performance.now();
    for (; seq < count; seq += 1) {
      const dueMs = startMs + (seq * 1_000) / perSecond;
      if (dueMs > nowMs) return;
      each(seq, dueMs);
    }
    clearInterval(timer);
  }, 1);
  return () => clearInterval(timer);
}

/** An attribute that tells a client which record it has before it, and when that was due. */
export const probe = (seq: number, dueMs: number): string => `${seq}@${dueMs.toFixed(3)}`;
