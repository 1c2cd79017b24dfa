import type { Books } from '../../core/books.ts';
import { readBooks } from '../../core/read-books.ts';
import type { Reasons, StageCounters } from '../../core/types.ts';

/** A pipeline of the process in a few numbers. */
export interface Flow {
  readonly name: string;
  readonly state: Books['state'];
  readonly received: number;
  readonly delivered: number;
  readonly dropped: number;
  readonly rejected: number;
  readonly inFlight: number;
  /** Sources that wait to try again. */
  readonly away: readonly string[];
  /** Of the sink that lags the most: how long the oldest record that it holds has been there. */
  readonly lagSeconds: number;
}

/** Records a second. */
export interface FlowRates {
  readonly inPerSecond: number;
  readonly outPerSecond: number;
}

export function flowOf(books: Books): Flow {
  const stages = readBooks(books);
  const { pipeline: name, state, sources, sinks } = books;
  return {
    ...{ name, state },
    received: sumOf(stages, 'source', ({ received, added }) => received + added),
    delivered: sumOf(stages, 'sink', ({ delivered }) => delivered),
    dropped: sumOf(stages, undefined, ({ dropped }) => total(dropped)),
    rejected: sumOf(stages, undefined, ({ rejected }) => total(rejected)),
    inFlight: sumOf(stages, undefined, ({ inFlight }) => inFlight),
    away: sources.filter(({ away }) => away).map((source) => source.name),
    lagSeconds: Math.max(0, ...sinks.map((sink) => sink.lagSeconds)),
  };
}

/** Between two readings of one pipeline; undefined before there are two. */
export function ratesOf(now: Flow, before: Flow | undefined, seconds: number): FlowRates | undefined {
  if (before === undefined || seconds <= 0) return undefined;
  return {
    inPerSecond: (now.received - before.received) / seconds,
    outPerSecond: (now.delivered - before.delivered) / seconds,
  };
}

function sumOf(
  stages: readonly StageCounters[],
  kind: StageCounters['kind'] | undefined,
  of: (stage: StageCounters) => number,
): number {
  const counted = kind === undefined ? stages : stages.filter((stage) => stage.kind === kind);
  return counted.reduce((sum, stage) => sum + of(stage), 0);
}

const total = (reasons: Reasons): number => Object.values(reasons).reduce((sum, count) => sum + count, 0);
