import { audit } from '../../core/audit.ts';
import type { Books, GapCount, SinkBooks, SourceBooks } from '../../core/books.ts';
import { isConnected } from '../../core/readiness.ts';
import { readBooks } from '../../core/read-books.ts';
import type { Reasons, StageCounters } from '../../core/types.ts';
import type { Family } from './family.ts';
import { counter, gauge } from './own-family.ts';
import type { Value } from './own-family.ts';

interface Read {
  readonly books: Books;
  readonly stages: readonly StageCounters[];
}

/** What the books of pipelines say at this moment: of all of them at the same, so that what they say adds up. */
export function bookFamilies(runs: Iterable<Books>, nowMs: number): readonly Family[] {
  const all = [...runs].map((books) => ({ books, stages: readBooks(books) }));
  return [
    ...pipelineFamilies(all),
    ...stageFamilies(all),
    ...sourceFamilies(all, nowMs),
    ...sinkFamilies(all),
  ];
}

function pipelineFamilies(all: readonly Read[]): readonly Family[] {
  const each = (value: (read: Read) => number): readonly Value[] =>
    all.map((read) => [{ pipeline: read.books.pipeline }, value(read)]);
  return [
    gauge(
      'pipeline_up',
      'Whether a pipeline works: 0 when it has ended or failed.',
      each(({ books: { state } }) => Number(state === 'running' || state === 'draining')),
    ),
    gauge(
      'ledger_imbalance',
      'Records that nobody accounts for; pipeline run --audit tells where.',
      each(({ stages }) => sum(audit(stages).map(({ missing }) => Math.abs(missing)))),
    ),
  ];
}

function stageFamilies(all: readonly Read[]): readonly Family[] {
  const each = (value: (stage: StageCounters) => number): readonly Value[] =>
    all.flatMap(({ books: { pipeline }, stages }) =>
      stages.map((stage): Value => [{ pipeline, kind: stage.kind, stage: stage.name }, value(stage)]),
    );
  const byReason = (counts: (stage: StageCounters) => Reasons): readonly Value[] =>
    all.flatMap(({ books: { pipeline }, stages }) =>
      stages.flatMap((stage) =>
        Object.entries(counts(stage)).map(([reason, count]): Value => {
          return [{ pipeline, kind: stage.kind, stage: stage.name, reason }, count];
        }),
      ),
    );
  const total = (
    what: 'received' | 'added' | 'delivered' | 'filtered' | 'deduplicated' | 'aggregated',
    help: string,
  ): Family =>
    counter(
      `stage_${what}_total`,
      help,
      each((stage) => stage[what]),
    );
  return [
    total('received', 'Records that came into a stage.'),
    total('added', 'Records that a stage made beyond those it was given.'),
    total('delivered', 'Records that a stage passed on; a sink, that arrived for good.'),
    total('filtered', 'Records that a stage left out on purpose.'),
    total('deduplicated', 'Records that a stage left out for having come before.'),
    total('aggregated', 'Records that went into others, which stand for many.'),
    counter(
      'stage_rejected_total',
      'Records that could not be read.',
      byReason(({ rejected }) => rejected),
    ),
    counter(
      'stage_dropped_total',
      'Records that were given up.',
      byReason(({ dropped }) => dropped),
    ),
    counter(
      'stage_retries_total',
      'How often a stage had to try again.',
      each(({ retries }) => retries),
    ),
    gauge(
      'stage_in_flight',
      'Records that a stage holds.',
      each(({ inFlight }) => inFlight),
    ),
  ];
}

function sourceFamilies(all: readonly Read[], nowMs: number): readonly Family[] {
  const each = (value: (source: SourceBooks) => number | undefined): readonly Value[] =>
    all.flatMap(({ books: { pipeline, sources } }) =>
      sources.flatMap((source): readonly Value[] => {
        const known = value(source);
        return known === undefined ? [] : [[{ pipeline, source: source.name }, known]];
      }),
    );
  const ofGaps = (value: (gap: GapCount) => number): readonly Value[] =>
    all.flatMap(({ books: { pipeline, sources } }) =>
      sources.flatMap(({ name, gaps }) =>
        [...gaps].map(([reason, gap]): Value => [{ pipeline, source: name, reason }, value(gap)]),
      ),
    );
  return [
    gauge(
      'source_connected',
      'Whether a source is connected.',
      each((source) => Number(isConnected(source))),
    ),
    counter(
      'source_reconnects_total',
      'How often a source has connected again.',
      each(({ connects }) => Math.max(0, connects - 1)),
    ),
    gauge(
      'source_newest_age_seconds',
      'How old the newest record of a source is, by its own time.',
      each(({ newestTime }) => secondsSince(newestTime, nowMs)),
    ),
    counter(
      'gaps_total',
      'Places in a stream where records are missing.',
      ofGaps(({ count }) => count),
    ),
    counter(
      'gap_missing_total',
      'Records that are missing there, at least.',
      ofGaps(({ missing }) => missing),
    ),
  ];
}

function sinkFamilies(all: readonly Read[]): readonly Family[] {
  const each = (value: (sink: SinkBooks) => number): readonly Value[] =>
    all.flatMap(({ books: { pipeline, sinks } }) =>
      sinks.map((sink): Value => [{ pipeline, sink: sink.name }, value(sink)]),
    );
  const queue = (part: 'inFlight' | 'inFlightBytes'): readonly Value[] =>
    each(({ ledgers }) => sum(ledgers.map((ledger) => ledger[part])));
  return [
    gauge('queue_records', 'Records in the queue of a sink.', queue('inFlight')),
    gauge('queue_bytes', 'What they take.', queue('inFlightBytes')),
    gauge(
      'sink_stalled',
      'Whether a sink has had records for long and delivers none.',
      each(({ stalled }) => Number(stalled)),
    ),
    counter(
      'sink_stalls_total',
      'How often that began.',
      each(({ stalls }) => stalls),
    ),
    gauge(
      'sink_lag_seconds',
      'How long the oldest record that a sink holds has been there.',
      each(({ lagSeconds }) => lagSeconds),
    ),
  ];
}

function secondsSince(time: string | undefined, nowMs: number): number | undefined {
  const ms = Date.parse(time ?? '');
  return Number.isNaN(ms) ? undefined : (nowMs - ms) / 1000;
}

const sum = (counts: readonly number[]): number => counts.reduce((all, count) => all + count, 0);
