import { join } from 'node:path';
import { checkpointFile } from '../checkpoints/checkpoint-file.ts';
import { memoryCheckpoint } from '../checkpoints/memory-checkpoint.ts';
import type { CheckpointStore } from '../core/checkpoints.ts';
import { onFact } from '../core/facts.ts';
import { runPipeline } from '../core/run.ts';
import type { RunResult } from '../core/run.ts';
import { auditBooks } from './audit-books.ts';
import { engineAudit } from './engine-audit.ts';
import { createFleet } from './fleet.ts';
import type { LoadedFile } from './load.ts';
import { logSummary, monitor } from './monitor.ts';
import type { Output } from './output.ts';
import { planOf } from './plan.ts';
import type { From, RecordTo } from './plan.ts';
import { reloadFiles } from './reload.ts';
import { serveTaps } from './tap/serve-taps.ts';
import { tellFact } from './tell-fact.ts';
import { logStack } from './watch-process.ts';
import type { Outside } from './watch-process.ts';

export interface RunAllOptions {
  readonly drainMs: number;
  /** The folder of checkpoints. */
  readonly state?: string | undefined;
  /** Whether the books are told and checked at the end. */
  readonly audit: boolean;
  /** Where the engine serves its metrics: what its sources received is compared with what it published. */
  readonly engineMetrics?: string | undefined;
  /** Whether a file that changes takes the place of what it was. */
  readonly watch?: boolean;
  /** What is read in place of the sources. */
  readonly from?: From | undefined;
  /** What is done in place of what the pipelines do: their sources are recorded. */
  readonly recordTo?: RecordTo | undefined;
}

export interface Ended {
  readonly results: readonly RunResult[];
  readonly balanced: boolean;
}

/**
 * Runs the pipelines of the files, says what happens to them, and answers who looks at them, until all are over; where
 * the files are watched, until a signal.
 */
export async function runAll(
  loaded: readonly LoadedFile[],
  options: RunAllOptions,
  stop: AbortController,
  output: Output,
  outside: Outside,
): Promise<Ended> {
  const { log } = output;
  const { drainMs, state, audit, engineMetrics, watch = false } = options;
  const { files, run } = await planOf(loaded, { ...options, stop, log });
  const comparison = await engineAudit(
    engineMetrics,
    files.flatMap(({ pipelines }) => pipelines),
    stop.signal,
    log,
  );
  const silence = onFact((fact) => {
    if (fact.type === 'failed' && outside.isReaderGone(fact.error)) return;
    const line = tellFact(fact);
    if (line !== undefined) log[line.level](line.fields, line.text);
    if (fact.type === 'failed') logStack(log, fact.error);
  });
  const checkpointsOf = checkpoints(state, watch);
  let balanced = true;
  const fleet = createFleet({
    start: (pipeline, stopped) =>
      runPipeline(pipeline, { stop: stopped, drainMs, checkpoints: checkpointsOf(pipeline.name) }),
    stop: comparison.stop,
    ended: ({ pipeline }, { error }) => {
      if (error === undefined || stop.signal.aborted) return;
      if (watch) log.warn({ pipeline }, 'is not run until its file changes');
      else stop.abort();
    },
    replaced: (run, { outcome, stages }) => {
      logSummary(log, run, outcome);
      if (audit) balanced = auditBooks([{ pipeline: run.pipeline, stages }], output) && balanced;
    },
  });
  const endTaps = await serveTaps(fleet, log);
  const began = run(() => {
    for (const file of files) fleet.begin(file);
    return fleet.runs();
  });
  comparison.begin(began);
  const endMonitor = monitor(fleet.runs, { ...output, draining: () => stop.signal.aborted });
  if (watch) await reloadFiles(files, fleet, log, stop.signal);
  const results = await fleet.results();
  endMonitor();
  await endTaps();
  silence();
  const runs = fleet.runs();
  runs.forEach((run, i) => logSummary(log, run, results[i]!.outcome));
  if (!audit) return { results, balanced: true };
  const books = results.map(({ stages }, i) => ({ pipeline: runs[i]!.pipeline, stages }));
  balanced = auditBooks(books, output) && balanced;
  const findings = comparison.findings();
  for (const finding of findings) log.error(finding);
  return { results, balanced: balanced && findings.length === 0 };
}

/** Where the checkpoint of each pipeline is kept: in the folder, else in memory where one run may follow another. */
function checkpoints(
  state: string | undefined,
  watch: boolean,
): (name: string) => CheckpointStore | undefined {
  const inMemory = new Map<string, CheckpointStore>();
  return (name) => {
    if (state !== undefined) return checkpointFile(join(state, `${name}.checkpoint.json`));
    if (!watch) return undefined;
    const store = inMemory.get(name) ?? memoryCheckpoint();
    inMemory.set(name, store);
    return store;
  };
}
