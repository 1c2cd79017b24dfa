import { setTimeout as sleep } from 'node:timers/promises';
import { backoffMs } from './backoff.ts';
import type { Backoff } from './backoff.ts';
import { isRetryable } from './errors.ts';
import type { FactOf } from './facts.ts';

export interface Persistence {
  readonly backoff: Backoff | undefined;
  /** Ends the waiting between two attempts, with an `AbortError`. */
  readonly signal: AbortSignal;
  readonly tell: (fact: FactOf<'retrying' | 'recovered'>) => void;
}

/** Tries again after each retryable error, for ever, with capped exponential backoff and jitter. */
export async function persistently<R>(
  attempt: () => Promise<R>,
  { backoff, signal, tell }: Persistence,
): Promise<R> {
  for (let tries = 1; ; tries += 1) {
    try {
      const result = await attempt();
      if (tries > 1) tell({ type: 'recovered' });
      return result;
    } catch (error) {
      if (!isRetryable(error)) throw error;
      const delayMs = backoffMs(tries, backoff);
      tell({ type: 'retrying', error, attempt: tries, delayMs });
      await sleep(delayMs, undefined, { signal });
    }
  }
}
