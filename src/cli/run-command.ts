import { messageOf } from '../core/errors.ts';
import { onFact } from '../core/facts.ts';
import { runPipeline } from '../core/run.ts';
import type { Run, RunResult } from '../core/run.ts';
import { checkNames, loadFile } from './load.ts';
import type { LoadedFile } from './load.ts';
import { openLog } from './log.ts';
import type { Log, LogLevel } from './log.ts';
import { logSummary, monitor } from './monitor.ts';
import { oneLine } from './place.ts';
import { onStopSignals } from './signals.ts';
import { simulate } from './simulate.ts';
import type { SimulateWhen } from './simulate.ts';
import { tellFact } from './tell-fact.ts';
import { openTerminal } from './terminal.ts';

export interface RunCommandOptions {
  readonly drainMs: number;
  readonly simulate?: SimulateWhen | undefined;
  readonly quiet: boolean;
  readonly logLevel: LogLevel;
}

/**
 * Runs every pipeline of the files until all have completed, a signal stops them or one fails, which stops the
 * others too. Returns the exit code: 0 completed or drained, 1 failed, 3 the drain was overdue.
 */
export async function runCommand(names: readonly string[], options: RunCommandOptions): Promise<number> {
  const { stderr, stdout } = process;
  const live = stderr.isTTY && process.env['TERM'] !== 'dumb' && !options.quiet;
  const terminal = live ? openTerminal(stderr, stdout.isTTY ? [stdout] : []) : undefined;
  const colour = stderr.isTTY && !process.env['NO_COLOR'];
  const log = openLog({
    level: options.quiet && options.logLevel !== 'error' ? 'warn' : options.logLevel,
    human: stderr.isTTY,
    colour,
    write: (text) => (terminal === undefined ? void stderr.write(text) : terminal.above(text)),
  });
  const stop = new AbortController();
  const outside = watchProcess(log, options.drainMs, stop);
  const endSimulation = await simulate(options.simulate, log);
  try {
    const files = await loadAll(names);
    const silence = onFact((fact) => {
      if (fact.type === 'failed' && isReaderGone(fact.error)) return;
      const line = tellFact(fact);
      if (line !== undefined) log[line.level](line.fields, line.text);
      if (fact.type === 'failed') logStack(log, fact.error);
    });
    const runs = files.flatMap(({ pipelines }) =>
      pipelines.map((pipeline) => runPipeline(pipeline, { stop: stop.signal, drainMs: options.drainMs })),
    );
    const draining = (): boolean => stop.signal.aborted;
    const endMonitor = monitor(runs, { log, terminal, colour, draining });
    const results = await Promise.all(runs.map((run) => settle(run, stop)));
    endMonitor();
    silence();
    runs.forEach((run, i) => logSummary(log, run, results[i]!.outcome));
    return exitCode(results, outside.crashed());
  } finally {
    await endSimulation();
    outside.end();
    terminal?.close();
  }
}

async function loadAll(names: readonly string[]): Promise<readonly LoadedFile[]> {
  const files: LoadedFile[] = [];
  for (const name of names) files.push(await loadFile(name));
  checkNames(files);
  return files;
}

async function settle(run: Run, stop: AbortController): Promise<RunResult> {
  const result = await run.done;
  if (result.error !== undefined) stop.abort();
  return result;
}

function exitCode(results: readonly RunResult[], crashed: boolean): number {
  if (crashed || results.some(({ error }) => error !== undefined && !isReaderGone(error))) return 1;
  return results.some(({ outcome }) => outcome === 'overdue') ? 3 : 0;
}

interface Outside {
  /** Whether an error came from nowhere the runtime could see. */
  readonly crashed: () => boolean;
  readonly end: () => void;
}

/** Turns what happens to the process into a stop: signals, errors that nobody caught, a reader of stdout that left. */
function watchProcess(log: Log, drainMs: number, stop: AbortController): Outside {
  let crashed = false;
  const crash = (error: unknown): void => {
    crashed = true;
    log.error(`stopping: an error that nobody caught: ${oneLine(messageOf(error))}`);
    logStack(log, error);
    stop.abort();
  };
  const stdoutFailed = (error: NodeJS.ErrnoException): void => {
    if (error.code !== 'EPIPE') return crash(error);
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
    end: () => {
      endSignals();
      process.off('uncaughtException', crash);
      process.stdout.off('error', stdoutFailed);
    },
  };
}

/** Whether an error says that nobody reads stdout any more, as in `pipeline run FILE | head`: that is no failure. */
function isReaderGone(error: unknown): boolean {
  const stdoutError: NodeJS.ErrnoException | null = process.stdout.errored;
  for (let cause = error; cause instanceof Error; cause = cause.cause)
    if (cause === stdoutError) return stdoutError.code === 'EPIPE';
  return false;
}

function logStack(log: Log, error: unknown): void {
  if (error instanceof Error && error.stack !== undefined) log.debug(error.stack);
}
