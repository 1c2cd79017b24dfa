import type { Container } from './types.ts';

const firstDelayMs = 100;
const longestDelayMs = 60_000;
/** who has run this long starts again without a growing delay */
const forgivenNano = 10_000_000_000n;

export function shouldRestart({ spec, restartCount }: Container, exitCode: number): boolean {
  const { name, maximumRetryCount } = spec.restartPolicy;
  if (name !== 'on-failure') return name !== 'no';
  return exitCode !== 0 && (maximumRetryCount === 0 || restartCount < maximumRetryCount);
}

/** Doubles from life to life, as the engine's delay does. */
export function restartDelayMs({ startedNano, finishedNano, restartCount }: Container): number {
  if (finishedNano - startedNano > forgivenNano) return firstDelayMs;
  return Math.min(longestDelayMs, firstDelayMs * 2 ** Math.min(restartCount, 10));
}
