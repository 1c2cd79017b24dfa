import { setTimeout as sleep } from 'node:timers/promises';
import { tap } from 'rxjs';
import {
  dockerEngine,
  dockerEvents,
  pipeline,
  runPipeline,
  type Run,
  type RunResult,
  type Sink,
} from '../src/index.ts';

/** dockrx reading an engine, as the faults find it. */
export interface Subject {
  /** records that have come out of its source */
  readonly taken: () => number;
  /** whether a record with that id has */
  readonly has: (id: string) => boolean;
  /** drains and ends it; what became of every run, in order */
  readonly end: () => Promise<readonly RunResult[]>;
}

const RESTART_MS = 10;

/** Runs a pipeline in this process, and again where an answer of 4xx has ended it, as a service manager would. */
export function runSubject(address: string, sinks: readonly Sink<unknown>[]): Subject {
  const source = dockerEvents({
    engine: dockerEngine({ address, host: 'simulated', headerTimeoutMs: 400 }),
    labels: ['*'],
    execCommands: 'keep',
  });
  const ids = new Set<string>();
  let taken = 0;
  const subject = pipeline(
    'faults',
    source,
    tap((record) => {
      taken += 1;
      ids.add(record.id);
    }),
    sinks,
  );
  const stop = new AbortController();
  const start = (): Run => runPipeline(subject, { stop: stop.signal, backoff: { firstMs: 5, maxMs: 50 } });

  const supervise = async (): Promise<readonly RunResult[]> => {
    const results: RunResult[] = [];
    for (;;) {
      const result = await start().done;
      results.push(result);
      const refused = (result.error as { code?: unknown } | undefined)?.code === 'SOURCE_REFUSED';
      if (!refused || stop.signal.aborted) return results;
      await sleep(RESTART_MS);
    }
  };
  const over = supervise();
  return {
    taken: () => taken,
    has: (id) => ids.has(id),
    end: () => {
      stop.abort();
      return over;
    },
  };
}
