/** npm sends its child the Ctrl-C that the terminal has sent it already. */
const SAME_KEY_PRESS_MS = 500;
const EXIT_CODES = { SIGINT: 130, SIGTERM: 143 } as const;

/**
 * Calls `stop` at the first SIGINT or SIGTERM and exits at the second. SIGHUP is for the sinks: it ends nothing.
 * Returns how to stop listening.
 */
export function onStopSignals(stop: (signal: string) => void): () => void {
  let first: { readonly signal: string; readonly at: number } | undefined;
  const heard = (signal: keyof typeof EXIT_CODES): void => {
    const at = performance.now();
    if (first === undefined) {
      first = { signal, at };
      stop(signal);
    } else if (signal !== first.signal || at - first.at > SAME_KEY_PRESS_MS) process.exit(EXIT_CODES[signal]);
  };
  const ignore = (): void => undefined;
  process.on('SIGINT', heard).on('SIGTERM', heard).on('SIGHUP', ignore);
  return () => void process.off('SIGINT', heard).off('SIGTERM', heard).off('SIGHUP', ignore);
}
