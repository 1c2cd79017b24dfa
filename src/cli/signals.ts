export type StopSignal = 'SIGINT' | 'SIGTERM' | 'SIGHUP';

/** npm sends its child the Ctrl-C that the terminal has sent it already. */
const SAME_KEY_PRESS_MS = 500;
const EXIT_CODES = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

/** What to do at each signal: stop at the first, exit at a second that is not its echo. */
export function signalCourse(): (signal: StopSignal, atMs: number) => 'stop' | 'nothing' | 'exit' {
  let first: { readonly signal: StopSignal; readonly atMs: number } | undefined;
  return (signal, atMs) => {
    if (first === undefined) {
      first = { signal, atMs };
      return 'stop';
    }
    return signal === first.signal && atMs - first.atMs < SAME_KEY_PRESS_MS ? 'nothing' : 'exit';
  };
}

/**
 * Calls `stop` at the first SIGINT or SIGTERM and ends the process at the second. So does SIGHUP on a terminal, which has
 * been closed; else it is for the sinks, and ends nothing. Returns how to stop listening.
 */
export function onStopSignals(stop: (signal: StopSignal) => void): () => void {
  const course = signalCourse();
  const heard = (signal: StopSignal): void => {
    const what = course(signal, performance.now());
    if (what === 'stop') stop(signal);
    if (what === 'exit') process.exit(EXIT_CODES[signal]);
  };
  const hungUp = process.stdout.isTTY || process.stderr.isTTY ? heard : (): void => undefined;
  process.on('SIGINT', heard).on('SIGTERM', heard).on('SIGHUP', hungUp);
  return () => void process.off('SIGINT', heard).off('SIGTERM', heard).off('SIGHUP', hungUp);
}
