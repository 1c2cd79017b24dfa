import { setMaxListeners } from 'node:events';
import { EMPTY, ReplaySubject, Subscription, takeUntil } from 'rxjs';
import type { Backoff } from './backoff.ts';
import { openBooks } from './books.ts';
import { openCheckpoints } from './checkpoints.ts';
import type { Checkpoints, CheckpointStore } from './checkpoints.ts';
import { traitsOf } from './define-source.ts';
import { publish } from './facts.ts';
import type { SayOf } from './facts.ts';
import { joinStages } from './join-stages.ts';
import { keepCheckpoints } from './keep-checkpoints.ts';
import type { CheckpointKeeper } from './keep-checkpoints.ts';
import { createPressure } from './pressure.ts';
import { readBooks } from './read-books.ts';
import { showBooks } from './running.ts';
import { withShared } from './shared.ts';
import { tapStage } from './tap-stage.ts';
import type { Pipeline, StageCounters } from './types.ts';
import { watch } from './watch.ts';
import type { WatchOptions } from './watch.ts';

/** Options of {@link runPipeline}. */
export interface RunOptions {
  /** Aborting it stops the sources; what is under way is drained. */
  readonly stop?: AbortSignal;
  /** How long the drain may take after a stop or a failure before the rest is abandoned. Default 10 s. */
  readonly drainMs?: number;
  /** How the sources are opened again. */
  readonly backoff?: Backoff;
  /** Where to go on from, and where to keep how far the run has come. Default: it begins anew. */
  readonly checkpoints?: CheckpointStore | undefined;
  /** How often that is kept, at most. Default 1 s. */
  readonly checkpointMs?: number;
  /** When the run tells that it makes no progress. */
  readonly watch?: WatchOptions;
}

/** What came of a run, when it is over. */
export interface RunResult {
  /**
   * `completed`: the records came to an end; `stopped`: by the signal; `failed`: by an error; all three have drained.
   * `overdue`: the drain did not end in time.
   */
  readonly outcome: 'completed' | 'stopped' | 'failed' | 'overdue';
  /** The first fatal error, when there was one. */
  readonly error?: unknown;
  /** Records that sinks had accepted, or sources kept back for them, and that were not delivered. */
  readonly abandoned: number;
  /** The counters of every stage at the end, in the order of the flow. */
  readonly stages: readonly StageCounters[];
}

/** A pipeline under way. */
export interface Run {
  /** Its name. */
  readonly pipeline: string;
  /** Settles when the run is over; never rejects. */
  readonly done: Promise<RunResult>;
  /** The counters of every stage, in the order of the flow. */
  readonly stages: () => readonly StageCounters[];
  /** Whether a full sink holds the sources back at the moment. */
  readonly paused: () => boolean;
  /**
   * Shows every record from now on that comes out of a source or operator, or is handed to a sink; without a stage what
   * all sinks are handed. A stage is named as in the counters, or by its number there, from 1. Returns the end.
   *
   * `look` is called within the flow: it must be quick and change nothing; what it throws is ignored. While nobody looks
   * it costs nothing. Errors `CONFIG_INVALID` where there is no such stage.
   */
  readonly tap: (look: (record: unknown) => void, stage?: string) => () => void;
}

/** The longest a timer of Node can wait. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * Runs a pipeline: subscribes the sinks, then the sources; opens sources again on retryable errors, for ever;
 * stops them while a sink is full; counts at every edge. On a stop or the first fatal error the sources end and
 * everything accepted is drained, in the order of its flow, until the deadline.
 * Errors: `done` never rejects; what ended the run is in its result. A checkpoint that cannot be kept is told, and the one
 * before stands. Loss: what has not been delivered by the deadline, `abandoned`; with `checkpoints` it comes again in a later
 * run, from sources that can replay it.
 *
 * @example
 * const stop = new AbortController();
 * const events = pipeline('events', dockerEvents(), console());
 * const run = runPipeline(events, { stop: stop.signal, checkpoints: checkpointFile('state/events.json') });
 * process.once('SIGTERM', () => stop.abort());
 * const { outcome, error } = await run.done;
 * if (outcome === 'failed') throw error;
 */
export function runPipeline(pipeline: Pipeline, options: RunOptions = {}): Run {
  return withShared(() => run(pipeline, options));
}

function run(pipeline: Pipeline, options: RunOptions): Run {
  const { name } = pipeline;
  const { stop, drainMs = 10_000, backoff, checkpoints: store, checkpointMs = 1000 } = options;
  const books = openBooks(pipeline);
  showBooks(books);
  const sayOf: SayOf = (stage) => (fact) => publish({ pipeline: name, stage, ...fact });
  const pressure = createPressure(sayOf(''));
  const endWatch = watch(books, sayOf, options.watch);
  const done = new Promise<RunResult>((resolve) => {
    const stopping = new ReplaySubject<void>(1);
    const over = new ReplaySubject<void>(1);
    const drains = new Subscription();
    let ending: { readonly outcome: 'stopped' | 'failed'; readonly error?: unknown } | undefined;
    let deadline: NodeJS.Timeout | undefined;
    let keeper: CheckpointKeeper | undefined;
    let lastCheckpoint: Promise<void> | undefined;
    let finished = false;

    const finish = (overdue: boolean): void => {
      if (finished) return;
      finished = true;
      clearTimeout(deadline);
      keeper?.stop();
      endWatch();
      stop?.removeEventListener('abort', stopped);
      const stages = readBooks(books);
      const abandoned = stages.reduce((sum, { inFlight }) => sum + inFlight, 0);
      if (abandoned > 0) sayOf('')({ type: 'abandoned', count: abandoned });
      const outcome = overdue ? 'overdue' : (ending?.outcome ?? 'completed');
      books.state = outcome;
      const error = ending?.outcome === 'failed' && { error: ending.error };
      const result: RunResult = { outcome, ...error, abandoned, stages };
      const released = store?.close().catch(() => undefined);
      resolve(released === undefined ? result : released.then(() => result));
      // Sinks first: what their release sets in motion must not reach them.
      try {
        drains.unsubscribe();
      } finally {
        over.next();
      }
    };
    const end = (why: NonNullable<typeof ending>): void => {
      const first = ending === undefined;
      // A stop that fails is a failure.
      if (ending?.outcome !== 'failed') ending = why;
      books.state = ending.outcome === 'failed' ? 'failed' : 'draining';
      // What a failed stage was handed is delivered nowhere: no later checkpoint may cover it.
      if (ending.outcome === 'failed') keeper?.stop();
      if (!first) return;
      deadline = setTimeout(() => finish(true), Math.min(drainMs, MAX_TIMER_MS));
      // Between two records: within one, whoever is behind would miss it.
      queueMicrotask(() => stopping.next());
    };
    const stopped = (): void => end({ outcome: 'stopped' });
    const failed = (stage: string) => (error: unknown) => {
      sayOf(stage)({ type: 'failed', error });
      end({ outcome: 'failed', error });
      return EMPTY;
    };

    const flow = joinStages(pipeline, books, { stopping, backoff, pressure, sayOf, failed });

    const drained = (): void => {
      const releases = pipeline.sources.map((source) => traitsOf(source).released?.());
      const last = [lastCheckpoint, ...releases].filter((each) => each !== undefined);
      if (last.length === 0) finish(false);
      else void Promise.allSettled(last).then(() => finish(false));
    };
    const exhausted = (): void => {
      if (!finished && ending?.outcome !== 'failed') lastCheckpoint = keeper?.last();
      flow.hub.complete();
    };
    const openSinks = (): void => {
      drains.add(flow.sinks.subscribe({ complete: drained }));
    };
    const openSources = (): void => {
      if (finished) return;
      if (ending !== undefined) stopping.next();
      flow.records.pipe(takeUntil(over)).subscribe({ next: flow.hub.next, complete: exhausted });
    };
    const resume = async ({ within, begin, take }: Checkpoints): Promise<void> => {
      within(openSinks);
      // A failed sink has told so itself.
      await begin().catch((error: unknown) => ending?.outcome === 'failed' || failed('')(error));
      if (ending?.outcome !== 'failed') keeper = keepCheckpoints(take, checkpointMs, sayOf(''));
      within(openSources);
    };

    // One signal may stop any number of pipelines.
    if (stop !== undefined) setMaxListeners(0, stop);
    stop?.addEventListener('abort', stopped);
    if (stop?.aborted === true) stopped();
    if (store === undefined) {
      openSinks();
      openSources();
      return;
    }
    const named = new Map(pipeline.sources.map((source, i) => [books.sources[i]!.name, source]));
    openCheckpoints(store, named)
      .then((checkpoints) => (finished ? undefined : resume(checkpoints)))
      .catch((error: unknown) => {
        failed('')(error);
        finish(false);
      });
  });
  return {
    pipeline: name,
    done,
    stages: () => readBooks(books),
    paused: pressure.paused,
    tap: (look, stage) => tapStage(books, look, stage),
  };
}
