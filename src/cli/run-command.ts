import { join } from 'node:path';
import { checkpointFile } from '../checkpoints/checkpoint-file.ts';
import { onFact } from '../core/facts.ts';
import type { CheckpointStore } from '../core/checkpoints.ts';
import { runPipeline } from '../core/run.ts';
import type { Run, RunResult } from '../core/run.ts';
import { checkNames, loadFile } from './load.ts';
import type { LoadedFile } from './load.ts';
import { openLog } from './log.ts';
import type { Log, LogLevel } from './log.ts';
import { logSummary, monitor } from './monitor.ts';
import { simulate } from './simulate.ts';
import type { SimulateWhen } from './simulate.ts';
import { tellFact } from './tell-fact.ts';
import { openTerminal } from './terminal.ts';
import type { Terminal } from './terminal.ts';
import { logStack, watchProcess } from './watch-process.ts';
import type { Outside } from './watch-process.ts';

export interface RunCommandOptions {
  readonly drainMs: number;
  readonly simulate?: SimulateWhen | undefined;
  /** The folder of checkpoints. */
  readonly state?: string | undefined;
  readonly quiet: boolean;
  readonly logLevel: LogLevel;
}

/**
 * Runs every pipeline of the files until all have completed, a signal stops them or one fails, which stops the
 * others too. Returns the exit code: 0 completed or drained, 1 failed, 3 the drain was overdue.
 */
export async function runCommand(names: readonly string[], options: RunCommandOptions): Promise<number> {
  const output = openOutput(options);
  const stop = new AbortController();
  const outside = watchProcess(output.log, options.drainMs, stop);
  const endSimulation = await simulate(options.simulate, output.log);
  try {
    const files = await loadAll(names);
    const results = await runAll(files, options, stop, output, outside);
    const failed = results.some(({ error }) => error !== undefined && !outside.isReaderGone(error));
    if (failed || outside.crashed()) return 1;
    return results.some(({ outcome }) => outcome === 'overdue') ? 3 : 0;
  } finally {
    await endSimulation();
    outside.end();
    output.terminal?.close();
  }
}

interface Output {
  readonly log: Log;
  /** Where live lines are drawn, when there is such a place. */
  readonly terminal: Terminal | undefined;
  readonly colour: boolean;
}

function openOutput({ quiet, logLevel }: RunCommandOptions): Output {
  const { stderr, stdout } = process;
  const isLive = stderr.isTTY && process.env['TERM'] !== 'dumb' && !quiet;
  const terminal = isLive ? openTerminal(stderr, stdout.isTTY ? [stdout] : []) : undefined;
  const colour = stderr.isTTY && !process.env['NO_COLOR'];
  const log = openLog({
    level: quiet && logLevel !== 'error' ? 'warn' : logLevel,
    human: stderr.isTTY,
    colour,
    write: (text) => (terminal === undefined ? void stderr.write(text) : terminal.above(text)),
  });
  return { log, terminal, colour };
}

async function loadAll(names: readonly string[]): Promise<readonly LoadedFile[]> {
  const files: LoadedFile[] = [];
  for (const name of names) files.push(await loadFile(name));
  checkNames(files);
  return files;
}

async function runAll(
  files: readonly LoadedFile[],
  { drainMs, state }: RunCommandOptions,
  stop: AbortController,
  output: Output,
  outside: Outside,
): Promise<readonly RunResult[]> {
  const { log } = output;
  const silence = onFact((fact) => {
    if (fact.type === 'failed' && outside.isReaderGone(fact.error)) return;
    const line = tellFact(fact);
    if (line !== undefined) log[line.level](line.fields, line.text);
    if (fact.type === 'failed') logStack(log, fact.error);
  });
  const settle = async (run: Run): Promise<RunResult> => {
    const result = await run.done;
    if (result.error !== undefined) stop.abort();
    return result;
  };
  const pipelines = files.flatMap((file) => file.pipelines);
  const checkpointsOf = (name: string): CheckpointStore | undefined =>
    state === undefined ? undefined : checkpointFile(join(state, `${name}.checkpoint.json`));
  const runs = pipelines.map((pipeline) =>
    runPipeline(pipeline, { stop: stop.signal, drainMs, checkpoints: checkpointsOf(pipeline.name) }),
  );
  const endMonitor = monitor(runs, { ...output, draining: () => stop.signal.aborted });
  const results = await Promise.all(runs.map(settle));
  endMonitor();
  silence();
  runs.forEach((run, i) => logSummary(log, run, results[i]!.outcome));
  return results;
}
