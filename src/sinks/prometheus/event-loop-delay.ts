import { monitorEventLoopDelay } from 'node:perf_hooks';

export interface EventLoopDelay {
  /** By quantile, in seconds; 1 is the longest. */
  readonly read: () => readonly (readonly [quantile: string, seconds: number])[];
  readonly end: () => void;
}

const STEP_MS = 20;
/** What is read begins anew so often at most: whoever reads in between, as a second scraper, sees the same time. */
const WINDOW_MS = 10_000;
const QUANTILES = ['0.5', '0.9', '0.99', '1'] as const;

/** Measures how late the event loop comes to what is due, since it was last read. */
export function eventLoopDelay(nowMs: () => number = () => performance.now()): EventLoopDelay {
  const histogram = monitorEventLoopDelay({ resolution: STEP_MS });
  histogram.enable();
  let sinceMs = nowMs();
  let last: ReturnType<EventLoopDelay['read']> | undefined;
  return {
    read() {
      const isOver = nowMs() - sinceMs >= WINDOW_MS;
      if (last !== undefined && !isOver) return last;
      // It measures from one step to the next: on time is one step.
      last = QUANTILES.map((quantile) => {
        const ns = histogram.count === 0 ? 0 : histogram.percentile(Number(quantile) * 100);
        return [quantile, Math.max(0, ns / 1e9 - STEP_MS / 1000)];
      });
      if (isOver) {
        histogram.reset();
        sinceMs = nowMs();
      }
      return last;
    },
    end: () => void histogram.disable(),
  };
}
