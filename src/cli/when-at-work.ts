import { onFact } from '../core/facts.ts';
import type { Run } from '../core/run.ts';
import { booksOfRuns } from '../core/running.ts';
import { isAtWork } from '../core/readiness.ts';

/** What waits for longer may wait for ever: for an engine that is away, say. */
const PATIENCE_MS = 5_000;
/** The sinks are open before the sources are: those fail a moment later. */
const PROBATION_MS = 250;

/**
 * Settles when a run, just begun, has been at work for a moment, or is over, or has waited for long for what it needs; to
 * false where it has failed.
 */
export function whenAtWork({ pipeline, done }: Run): Promise<boolean> {
  const books = booksOfRuns().get(pipeline)!;
  return new Promise((resolve) => {
    const settle = (isWell: boolean): void => {
      clearTimeout(timer);
      deafen();
      resolve(isWell);
    };
    let timer = setTimeout(settle, PATIENCE_MS, true);
    const look = (): void => {
      if (!isAtWork(books)) return;
      deafen();
      clearTimeout(timer);
      timer = setTimeout(settle, PROBATION_MS, true);
    };
    const deafen = onFact((fact) => {
      if (fact.pipeline === pipeline) look();
    });
    void done.then(({ error }) => settle(error === undefined));
    look();
  });
}
