import { Observable } from 'rxjs';
import { checkOptions, flag } from '../core/check-options.ts';
import { keepingLedger } from '../core/queued.ts';
import type { Sink } from '../core/types.ts';
import type { TopInput } from './top/live.ts';
import { showLive } from './top/live.ts';
import { printOnce } from './top/once.ts';
import type { TopOutput } from './top/screen.ts';

/** Options of {@link top}. */
export interface TopOptions {
  /** Prints one table, without colours, and ends. Default: where the output is no terminal. */
  readonly once?: boolean;
  /** Where to draw: `process.stdout`, the default, or anything like it. */
  readonly output?: TopOutput;
  /** Where keys come from. Default `process.stdin`. */
  readonly input?: TopInput;
}

const FACTORY = 'top';

/**
 * Shows containers, what they use and what happens to them on one screen of a terminal, and ends at `q`.
 *
 * Reads container facts, readings (rates need `derive` before), events, gaps, OOM kills, crash loops and what engines say
 * of themselves, and the books of all pipelines of the process; what it does not know is passed over. Where the output is
 * no terminal it waits until all that runs has rates, prints a table and ends: columns are separated by spaces, no cell
 * has one in it, `-` is unknown. It has the whole terminal: nothing else should be written there (`pipeline run --quiet`).
 *
 * Errors: `SINK_REFUSED` where a table was asked for and no engine has told anything within 10 s.
 * Bounds: 10,000 containers, 200 events; no queue: the newest is shown, twice a second.
 *
 * @example pipeline('top', from(dockerContainers(), dockerStats(), dockerEvents()), derive(), crashLoop(), top())
 */
export function top<T>(options: TopOptions = {}): Sink<T> {
  checkOptions(FACTORY, options, { once: flag, output: 'any', input: 'any' });
  const { output = process.stdout, input = process.stdin } = options;
  const once = options.once ?? output.isTTY !== true;
  return keepingLedger(
    FACTORY,
    (records) =>
      new Observable((out) =>
        once ? printOnce(records, output, out) : showLive(records, { output, input }, out),
      ),
  );
}
