const MESSAGES = 20;
const PER_MS = 1_000;

/** Whether a client has sent more messages within a second than it may; to be asked at each. */
export function messageLimit(nowMs: () => number = () => performance.now()): () => boolean {
  let sinceMs = nowMs();
  let count = 0;
  return () => {
    const now = nowMs();
    if (now - sinceMs >= PER_MS) {
      sinceMs = now;
      count = 0;
    }
    count += 1;
    return count > MESSAGES;
  };
}
