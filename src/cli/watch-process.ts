import { messageOf } from '../core/errors.ts';
import type { Log } from './log.ts';
import { oneLine } from './place.ts';
import { isReaderLeft } from './reader-left.ts';
import { onStopSignals } from './signals.ts';

export interface Outside {
  /** Whether an error came from nowhere the runtime could see. */
  readonly crashed: () => boolean;
  /** Whether an error says that nobody reads stdout any more, as in `pipeline run FILE | head`: that is no failure. */
  readonly isReaderGone: (error: unknown) => boolean;
  readonly end: () => void;
}

/** Turns what happens to the process into a stop: signals, errors that nobody caught, a reader of stdout that left. */
export function watchProcess(log: Log, drainMs: number, stop: AbortController): Outside {
  let crashed = false;
  const crash = (error: unknown): void => {
    crashed = true;
    log.error(`stopping: an error that nobody caught: ${oneLine(messageOf(error))}`);
    logStack(log, error);
    stop.abort();
  };
  let readerGone: Error | undefined;
  const stdoutFailed = (error: NodeJS.ErrnoException): void => {
    if (!isReaderLeft(error)) return crash(error);
    readerGone = error;
    log.info('stopping: the reader of stdout is gone');
    stop.abort();
  };
  const endSignals = onStopSignals((signal) => {
    log.info(`${signal}: draining for at most ${drainMs / 1000} s; a second signal exits at once`);
    stop.abort();
  });
  process.on('uncaughtException', crash);
  process.stdout.on('error', stdoutFailed);
  return {
    crashed: () => crashed,
    isReaderGone: (error) => readerGone !== undefined && causesOf(error).includes(readerGone),
    end: () => {
      endSignals();
      process.off('uncaughtException', crash);
      process.stdout.off('error', stdoutFailed);
    },
  };
}

function causesOf(error: unknown): unknown[] {
  return error instanceof Error ? [error, ...causesOf(error.cause)] : [];
}

export function logStack(log: Log, error: unknown): void {
  if (error instanceof Error && error.stack !== undefined) log.debug(error.stack);
}
