/**
 * Runs tasks in their order, each so many milliseconds after it was given, or behind the one before it.
 * Without a delay and with nothing waiting, at once.
 */
export function lane(): (delayMs: number, task: () => void) => void {
  const waiting: { readonly dueMs: number; readonly task: () => void }[] = [];

  const plan = (): void => {
    const next = waiting[0];
    if (next !== undefined) setTimeout(run, Math.max(0, next.dueMs - performance.now()));
  };
  const run = (): void => {
    waiting[0]!.task();
    waiting.shift();
    plan();
  };
  return (delayMs, task) => {
    if (delayMs === 0 && waiting.length === 0) return task();
    waiting.push({ dueMs: performance.now() + delayMs, task });
    if (waiting.length === 1) plan();
  };
}
