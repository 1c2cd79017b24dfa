/** So many messages to clients a second may be sent one by one; where there would be more, records are gathered. */
const MESSAGES_PER_MS = 20;
/** Records are gathered for so long at most. */
const LONGEST_MS = 250;

export interface Pace {
  /** There is something to send: it is sent at once, or as soon as there was time for what was sent last. */
  readonly ask: () => void;
  /** Sends what there is, now. */
  readonly send: () => void;
  readonly stop: () => void;
}

/**
 * A message costs a system call a client, however small it is. So the more clients the last one went to, the longer the
 * next one waits for more records: nothing with few clients, 5 ms with 100, 50 ms with 1,000. `send` returns to how
 * many it went.
 */
export function createPace(send: () => number, nowMs: () => number = () => performance.now()): Pace {
  let timer: NodeJS.Timeout | undefined;
  let nextMs = 0;
  const sendNow = (): void => {
    clearTimeout(timer);
    timer = undefined;
    nextMs = nowMs() + Math.min(send() / MESSAGES_PER_MS, LONGEST_MS);
  };
  return {
    ask() {
      if (timer !== undefined) return;
      const waitMs = nextMs - nowMs();
      if (waitMs <= 0) sendNow();
      else timer = setTimeout(sendNow, waitMs);
    },
    send: sendNow,
    stop: () => clearTimeout(timer),
  };
}
