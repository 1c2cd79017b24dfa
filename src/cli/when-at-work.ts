import { onFact } from '../core/facts.ts';
import type { Run } from '../core/run.ts';
import { booksOfRuns } from '../core/running.ts';
import { isAtWork } from '../core/readiness.ts';

/** What waits for longer may wait for ever: for an engine that is away, say. */
const PATIENCE_MS = 5_000;

/**
 * Settles when a run, just begun, is at work, or over, or has waited for a while for what it needs; to false where it has
 * failed.
 */
export function whenAtWork({ pipeline, done }: Run): Promise<boolean> {
  const books = booksOfRuns().get(pipeline)!;
  return new Promise((resolve) => {
    const settle = (isWell: boolean): void => {
      clearTimeout(timer);
      deafen();
      resolve(isWell);
    };
    const timer = setTimeout(settle, PATIENCE_MS, true);
    const deafen = onFact((fact) => {
      if (fact.pipeline === pipeline && isAtWork(books)) settle(true);
    });
    void done.then(({ error }) => settle(error === undefined));
    if (isAtWork(books)) settle(true);
  });
}
