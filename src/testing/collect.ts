import { queued } from '../core/queued.ts';
import { runPipeline } from '../core/run.ts';
import type { RunResult } from '../core/run.ts';
import type { Pipeline } from '../core/types.ts';

/** A run under way that keeps what would reach its sinks. */
export interface Collected {
  /** All of it so far. */
  readonly records: readonly unknown[];
  /** Resolves once it is so, asked at every record; rejects when the run ends before. */
  readonly until: (isSo: (records: readonly unknown[]) => boolean) => Promise<void>;
  /** Stops the sources, drains, and resolves with what became of the run. */
  readonly stop: () => Promise<RunResult>;
}

/**
 * Runs a pipeline with its own sources, in real time, and with a list in place of its sinks: for tests against a fake
 * engine. Sources are opened again on errors as in any run, soon.
 *
 * @example
 * const engine = await startFakeEngine();
 * const run = collect(pipeline('all', dockerEvents({ engine: dockerEngine({ address: engine.host }) }), console()));
 * engine.start(engine.createContainer({ name: 'web' }));
 * await run.until((records) => records.length > 1);
 * await run.stop();
 * await engine.close();
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
    until: (isSo) =>
      new Promise((resolve, reject) => {
        const check = (): void => {
          if (isSo(records)) resolve();
          else if (over !== undefined) reject(endedBefore(name, over, records.length));
          else return;
          waiting.delete(check);
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

const endedBefore = (name: string, { outcome, error }: RunResult, count: number): Error =>
  new Error(`${name}: the run has ${outcome} after ${count} records, before what was waited for`, {
    cause: error,
  });
