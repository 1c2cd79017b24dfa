import { createRequire } from 'node:module';
import { booksOfRuns } from '../../core/running.ts';
import { bookFamilies } from './book-families.ts';
import { eventLoopDelay } from './event-loop-delay.ts';
import type { Family } from './family.ts';
import { gauge } from './own-family.ts';
import { processFamilies } from './process-families.ts';

export interface SelfMetrics {
  /** What is to say of this process at this moment. */
  readonly families: () => Promise<readonly Family[]>;
  readonly end: () => void;
}

/**
 * What dockrx says of itself: the books of every pipeline of the process as `dockrx_*`, and the process as `process_*`
 * and `nodejs_*`. To be called within a run: by a sink that opens.
 */
export function selfMetrics(): SelfMetrics {
  const runs = booksOfRuns();
  const delay = eventLoopDelay();
  const ofProcess = processFamilies();
  const build = { version: packageVersion(), node: process.version };
  return {
    families: async () => [
      gauge('build_info', 'The dockrx and the Node that run.', [[build, 1]]),
      ...bookFamilies(runs.values(), Date.now()),
      gauge(
        'event_loop_delay_seconds',
        'How late the event loop came to what was due, since it was last asked for.',
        // Only a summary may call it quantile.
        delay.read().map(([quantile, seconds]) => [{ percentile: String(Number(quantile) * 100) }, seconds]),
      ),
      ...(await ofProcess()),
    ],
    end: delay.end,
  };
}

const packageVersion = (): string =>
  (createRequire(import.meta.url)('dockrx/package.json') as { readonly version: string }).version;
