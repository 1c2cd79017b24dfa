import { onFact } from '../core/facts.ts';
import type { Run } from '../core/run.ts';
import { figuresOf, grouped, tellReasons } from './figures.ts';
import type { Figures } from './figures.ts';
import { liveLines } from './live-line.ts';
import type { LiveState } from './live-line.ts';
import type { Log } from './log.ts';
import type { Terminal } from './terminal.ts';

export interface MonitorOptions {
  readonly log: Log;
  /** Where live lines are drawn. */
  readonly terminal?: Terminal | undefined;
  readonly colour: boolean;
  readonly draining: () => boolean;
}

const TICK_MS = 1000;
const TICKS_A_LOG_LINE = 10;

/**
 * Reads the counters of every run once a second: draws the live lines, or logs the figures every ten seconds where
 * there is no terminal. Returns its end.
 */
export function monitor(runs: () => readonly Run[], options: MonitorOptions): () => void {
  const { log, terminal, colour, draining } = options;
  const ended = new WeakSet<Run>();
  const troubles = troubledPipelines();
  // A source may have emitted while it was subscribed: the first reading of a run counts that too.
  let before = new Map<Run, Figures>();
  let since = performance.now();
  let ticks = 0;

  const stateOf = (run: Run): LiveState['state'] => {
    if (ended.has(run)) return 'ended';
    if (draining()) return 'draining';
    return troubles.of(run.pipeline) ?? (run.paused() ? 'paused' : 'running');
  };
  const begin = (run: Run): void => {
    // Another may have been run under its name.
    if (ticks > 0) troubles.forget(run.pipeline);
    void run.done.then(() => ended.add(run));
  };
  const read = (): readonly LiveState[] => {
    const now = new Map(runs().map((run) => [run, figuresOf(run.stages())]));
    const seconds = Math.max(0.001, (performance.now() - since) / 1000);
    const states = [...now].map(([run, figures]): LiveState => {
      const last = before.get(run);
      if (last === undefined) begin(run);
      return {
        name: run.pipeline,
        figures,
        inPerSecond: (figures.received - (last?.received ?? 0)) / seconds,
        outPerSecond: (figures.delivered - (last?.delivered ?? 0)) / seconds,
        state: stateOf(run),
      };
    });
    before = now;
    since = performance.now();
    return states;
  };
  const tick = (): void => {
    const states = read();
    ticks += 1;
    if (terminal !== undefined) terminal.draw(liveLines(states, { ...sizeOf(terminal), colour }));
    else if (ticks % TICKS_A_LOG_LINE === 0)
      for (const state of states) if (state.state !== 'ended') logFigures(log, state);
  };
  const timer = setInterval(tick, TICK_MS);
  return () => {
    clearInterval(timer);
    troubles.stop();
    terminal?.draw([]);
  };
}

const sizeOf = ({ columns, rows }: Terminal): { columns: number; rows: number } => ({ columns, rows });

function logFigures(log: Log, { name, figures, inPerSecond, outPerSecond, state }: LiveState): void {
  const rates = { inPerSecond: Math.round(inPerSecond), outPerSecond: Math.round(outPerSecond) };
  const text = `${state}: in ${grouped(rates.inPerSecond)}/s, out ${grouped(rates.outPerSecond)}/s`;
  log.info({ pipeline: name, state, ...rates, ...countsOf(figures) }, text);
}

/** The counters of a run that is over, a line a pipeline. */
export function logSummary(log: Log, run: Run, outcome: string): void {
  const figures = figuresOf(run.stages());
  const { received, added, delivered, filtered, deduplicated, inFlight, dropped, rejected, targets } =
    figures;
  const text = [
    `${outcome}: received ${grouped(received)}`,
    ...(added === 0 ? [] : [`added ${grouped(added)}`]),
    `delivered ${grouped(delivered)}`,
    ...(filtered === 0 ? [] : [`filtered ${grouped(filtered)}`]),
    ...(deduplicated === 0 ? [] : [`deduplicated ${grouped(deduplicated)}`]),
    `dropped ${tellReasons(dropped)}, rejected ${tellReasons(rejected)}, in flight ${grouped(inFlight)}`,
  ].join(', ');
  const wrote = targets.length === 0 ? '' : `; wrote to ${targets.join(', ')}`;
  log.info({ pipeline: run.pipeline, outcome, ...countsOf(figures), targets }, text + wrote);
}

const countsOf = (figures: Figures): object => {
  const { received, added, delivered, filtered, deduplicated, dropped, rejected, inFlight, retries } =
    figures;
  return { received, added, delivered, filtered, deduplicated, dropped, rejected, inFlight, retries };
};

type Trouble = 'stalled' | 'retrying';

/** The pipelines of which a stage stands still or waits to try again. */
function troubledPipelines(): {
  readonly of: (pipeline: string) => Trouble | undefined;
  readonly forget: (pipeline: string) => void;
  readonly stop: () => void;
} {
  const troubles = new Map<string, Map<string, Trouble>>();
  const stop = onFact(({ pipeline, stage, type }) => {
    const stages = troubles.get(pipeline) ?? new Map<string, Trouble>();
    troubles.set(pipeline, stages);
    if (type === 'retrying' || type === 'stalled') stages.set(stage, type);
    else if (type === 'recovered' || type === 'connected') stages.delete(stage);
  });
  return {
    of(pipeline) {
      const now = [...(troubles.get(pipeline)?.values() ?? [])];
      return now.includes('stalled') ? 'stalled' : now[0];
    },
    forget: (pipeline) => void troubles.delete(pipeline),
    stop,
  };
}
