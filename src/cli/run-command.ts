import { join } from 'node:path';
import { checkpointFile } from '../checkpoints/checkpoint-file.ts';
import { onFact } from '../core/facts.ts';
import type { CheckpointStore } from '../core/checkpoints.ts';
import { runPipeline } from '../core/run.ts';
import type { Run, RunResult } from '../core/run.ts';
import { withShared } from '../core/shared.ts';
import { listenInstead, serveByTls, serveInsecurely } from '../http/open-http.ts';
import { auditBooks } from './audit-books.ts';
import { engineAudit } from './engine-audit.ts';
import { checkNames, loadFile } from './load.ts';
import type { LoadedFile } from './load.ts';
import { openLog } from './log.ts';
import type { Log, LogLevel } from './log.ts';
import { logSummary, monitor } from './monitor.ts';
import { planOf } from './plan.ts';
import type { From, RecordTo } from './plan.ts';
import { simulate } from './simulate.ts';
import type { SimulateWhen } from './simulate.ts';
import { tellFact } from './tell-fact.ts';
import { readTls } from './read-tls.ts';
import { openTerminal } from './terminal.ts';
import type { Terminal } from './terminal.ts';
import { logStack, watchProcess } from './watch-process.ts';
import type { Outside } from './watch-process.ts';

export interface RunCommandOptions {
  readonly drainMs: number;
  readonly simulate?: SimulateWhen | undefined;
  /** The folder of checkpoints. */
  readonly state?: string | undefined;
  /** Where to serve, whatever the pipelines say. */
  readonly listen?: string | undefined;
  /** Whether sinks may serve other machines there without a token. */
  readonly insecure?: boolean | undefined;
  /** Files of a certificate and its key: both, to serve by TLS. */
  readonly tlsCert?: string | undefined;
  readonly tlsKey?: string | undefined;
  readonly quiet: boolean;
  readonly logLevel: LogLevel;
  /** Where a sink has the terminal: what is to be said is said when that is over. */
  readonly sayAtEnd?: boolean;
  /** Whether the books are told and checked at the end. */
  readonly audit: boolean;
  /** What is read in place of the sources. */
  readonly from?: From | undefined;
  /** What is done in place of what the pipelines do: their sources are recorded. */
  readonly recordTo?: RecordTo | undefined;
  /** Where the engine serves its metrics: what its sources received is compared with what it published. */
  readonly engineMetrics?: string | undefined;
}

/**
 * Runs every pipeline of the files until all have completed, a signal stops them or one fails, which stops the
 * others too. Returns the exit code: 0 completed or drained, 1 failed, 3 the drain was overdue, 4 an audit found
 * that the books do not balance.
 */
export async function runCommand(names: readonly string[], options: RunCommandOptions): Promise<number> {
  const output = openOutput(options);
  const stop = new AbortController();
  const outside = watchProcess(output.log, options.drainMs, stop);
  const endSimulation = await simulate(options.simulate, output.log);
  try {
    const tls = readTls(options);
    const files = await loadAll(names);
    const { results, balanced } = await withShared(() => {
      listenInstead(options.listen);
      serveByTls(tls);
      if (options.insecure === true) serveInsecurely();
      return runAll(files, options, stop, output, outside);
    });
    const failed = results.some(({ error }) => error !== undefined && !outside.isReaderGone(error));
    if (failed || outside.crashed()) return 1;
    if (results.some(({ outcome }) => outcome === 'overdue')) return 3;
    return balanced ? 0 : 4;
  } finally {
    await endSimulation();
    outside.end();
    output.close();
  }
}

interface Output {
  readonly log: Log;
  /** Where live lines are drawn, when there is such a place. */
  readonly terminal: Terminal | undefined;
  readonly colour: boolean;
  /** Writes a table for people; nothing where what is written is for programs. */
  readonly writeTable: ((text: string) => void) | undefined;
  readonly close: () => void;
}

/** How many of the last lines are said at the end. */
const MOST_HELD = 20;

function openOutput({ quiet, logLevel, sayAtEnd = false }: RunCommandOptions): Output {
  const { stderr, stdout } = process;
  const isLive = stderr.isTTY && process.env['TERM'] !== 'dumb' && !quiet;
  const terminal = isLive ? openTerminal(stderr, stdout.isTTY ? [stdout] : []) : undefined;
  const colour = stderr.isTTY && !process.env['NO_COLOR'];
  let held: readonly string[] = [];
  const log = openLog({
    level: quiet && logLevel !== 'error' ? 'warn' : logLevel,
    human: stderr.isTTY,
    colour,
    write(text) {
      if (sayAtEnd) held = [...held.slice(1 - MOST_HELD), text];
      else if (terminal === undefined) stderr.write(text);
      else terminal.above(text);
    },
  });
  const close = (): void => {
    terminal?.close();
    stderr.write(held.join(''));
  };
  const writeTable = stderr.isTTY && !quiet ? (text: string) => void stderr.write(text) : undefined;
  return { log, terminal, colour, writeTable, close };
}

async function loadAll(names: readonly string[]): Promise<readonly LoadedFile[]> {
  const files: LoadedFile[] = [];
  for (const name of names) files.push(await loadFile(name));
  checkNames(files);
  return files;
}

interface Ended {
  readonly results: readonly RunResult[];
  readonly balanced: boolean;
}

async function runAll(
  files: readonly LoadedFile[],
  options: RunCommandOptions,
  stop: AbortController,
  output: Output,
  outside: Outside,
): Promise<Ended> {
  const { drainMs, state, audit, engineMetrics } = options;
  const { log } = output;
  const all = files.flatMap((file) => file.pipelines);
  const { pipelines, run } = await planOf(all, { ...options, stop, log });
  const comparison = await engineAudit(engineMetrics, pipelines, stop.signal, log);
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
  const checkpointsOf = (name: string): CheckpointStore | undefined =>
    state === undefined ? undefined : checkpointFile(join(state, `${name}.checkpoint.json`));
  const runs = run(() =>
    pipelines.map((pipeline) =>
      runPipeline(pipeline, {
        stop: comparison.stop,
        drainMs,
        checkpoints: checkpointsOf(pipeline.name),
      }),
    ),
  );
  comparison.begin(runs);
  const endMonitor = monitor(runs, { ...output, draining: () => stop.signal.aborted });
  const results = await Promise.all(runs.map(settle));
  endMonitor();
  silence();
  runs.forEach((run, i) => logSummary(log, run, results[i]!.outcome));
  if (!audit) return { results, balanced: true };
  const balanced = auditBooks(
    results.map(({ stages }, i) => ({ pipeline: runs[i]!.pipeline, stages })),
    output,
  );
  const findings = comparison.findings();
  for (const finding of findings) log.error(finding);
  return { results, balanced: balanced && findings.length === 0 };
}
