import type { Measured } from './rounds.ts';

/** A figure that only its own set measures. */
export const figure =
  (name: string) =>
  ({ figures = {} }: Measured): number =>
    figures[name] ?? NaN;
