import { queued } from '../core/queued.ts';
import { runPipeline } from '../core/run.ts';
import type { RunResult } from '../core/run.ts';
import type { Pipeline } from '../core/types.ts';

/** A run under way that keeps what would reach its sinks. */
export interface Collected {
  /** All of it so far. A run of more than 100,000 fails. */
  readonly records: readonly unknown[];
  /**
   * Resolves once it is so, asked at every record. Rejects when the run ends before, the question throws, or after so
   * many milliseconds, 10,000 by default: no test is to wait for ever.
   */
  readonly until: (isSo: (records: readonly unknown[]) => boolean, withinMs?: number) => Promise<void>;
  /** Stops the sources, drains, and resolves with what became of the run. */
  readonly stop: () => Promise<RunResult>;
}

const MAX_RECORDS = 100_000;

/**
 * Runs a pipeline with its own sources, in real time, and with a list in place of its sinks: for tests against a fake
 * engine. Sources are opened again on errors as in any run, soon. `stop` it at the end, or the process goes on.
 *
 * @example const run = collect(deaths); engine.die('web', 1); await run.until((records) => records.length === 1); await run.stop();
 */
export function collect(pipeline: Pipeline): Collected {
  const records: unknown[] = [];
  const stopping = new AbortController();
  const waiting = new Set<() => void>();
  let over: RunResult | undefined;
  const look = (): void => {
    for (const check of waiting) check();
  };
  const list = queued<unknown, unknown>({
    name: 'list',
    target: 'a list',
    encode: (record) => record,
    sizeOf: () => 1,
    batch: { bytes: 1, lingerMs: 0 },
    open: () =>
      Promise.resolve({
        write: (batch) => {
          if (records.length + batch.length > MAX_RECORDS)
            return Promise.reject(new Error(`more than ${MAX_RECORDS} records: stop the run earlier`));
          records.push(...batch);
          look();
          return Promise.resolve();
        },
        close: () => Promise.resolve(),
      }),
  });
  const { name, sources, operators } = pipeline;
  const { done } = runPipeline(
    { name, sources, operators, sinks: [list] },
    { stop: stopping.signal, backoff: { firstMs: 20, maxMs: 200 } },
  );
  void done.then((result) => {
    over = result;
    look();
  });
  return {
    records,
    until: (isSo, withinMs = 10_000) =>
      new Promise((resolve, reject) => {
        const end = (settle: () => void): void => {
          clearTimeout(timer);
          waiting.delete(check);
          settle();
        };
        const fail = (why: string, cause?: unknown): void =>
          end(() => reject(new Error(`${name}: ${why}; ${records.length} records have come`, { cause })));
        const timer = setTimeout(() => fail(`what was waited for is not so after ${withinMs} ms`), withinMs);
        const check = (): void => {
          try {
            if (isSo(records)) end(resolve);
            else if (over !== undefined)
              fail(`the run has ${over.outcome} before what was waited for`, over.error);
          } catch (error) {
            fail('the question throws', error);
          }
        };
        waiting.add(check);
        check();
      }),
    stop: () => {
      stopping.abort();
      return done;
    },
  };
}
