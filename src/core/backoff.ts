/** How long to wait before trying again. */
export interface Backoff {
  /** Before the first try again; doubles with each. Default 250 ms. */
  readonly firstMs?: number;
  /** Never longer than this. Default 30 s. */
  readonly maxMs?: number;
}

/** Capped exponential backoff with jitter: between half and the whole of the step, so that many clients spread. */
export function backoffMs(attempt: number, { firstMs = 250, maxMs = 30_000 }: Backoff = {}): number {
  const step = Math.min(maxMs, firstMs * 2 ** Math.min(attempt - 1, 30));
  return Math.round(step * (0.5 + Math.random() / 2));
}
