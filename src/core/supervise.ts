import { retry, throwError, timer } from 'rxjs';
import type { MonoTypeOperatorFunction } from 'rxjs';
import { backoffMs } from './backoff.ts';
import type { Backoff } from './backoff.ts';
import { isRetryable } from './errors.ts';

/** Subscribes again after each retryable error, for ever, with capped exponential backoff and jitter. */
export function supervise<T>(
  backoff: Backoff | undefined,
  retrying: (error: unknown, attempt: number, delayMs: number) => void,
): MonoTypeOperatorFunction<T> {
  return retry({
    resetOnSuccess: true,
    delay: (error, attempt) => {
      if (!isRetryable(error)) return throwError(() => error as unknown);
      const delayMs = backoffMs(attempt, backoff);
      retrying(error, attempt, delayMs);
      return timer(delayMs);
    },
  });
}
