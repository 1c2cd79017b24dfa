import { audit } from '../../core/audit.ts';
import type { Books, SinkBooks, SourceBooks } from '../../core/books.ts';
import { isConnected } from '../../core/readiness.ts';
import { readBooks } from '../../core/read-books.ts';
import type { Reasons, SinkLedger, StageCounters } from '../../core/types.ts';
import type { Family, FamilyType } from './family.ts';
import { printLabels } from './print-labels.ts';

type Labels = Readonly<Record<string, string>>;
type Value = readonly [labels: Labels, value: number];

/** What the books of pipelines say at this moment: of all of them at the same, so that what they say adds up. */
export function bookFamilies(runs: Iterable<Books>, nowMs: number): readonly Family[] {
  const all = [...runs].map((books) => ({ books, stages: readBooks(books) }));
  const ofPipeline = (read: (books: Books, stages: readonly StageCounters[]) => number): readonly Value[] =>
    all.map(({ books, stages }) => [{ pipeline: books.pipeline }, read(books, stages)]);
  const ofStage = (read: (stage: StageCounters) => number | Reasons): readonly Value[] =>
    all.flatMap(({ books: { pipeline }, stages }) =>
      stages.flatMap((stage) => {
        const { kind, name } = stage;
        const value = read(stage);
        return typeof value === 'number'
          ? ([[{ pipeline, kind, stage: name }, value]] as const)
          : Object.entries(value).map(
              ([reason, count]) => [{ pipeline, kind, stage: name, reason }, count] as const,
            );
      }),
    );
  const ofSource = (read: (source: SourceBooks) => number | undefined): readonly Value[] =>
    all.flatMap(({ books: { pipeline, sources } }) =>
      sources.flatMap((source) => {
        const value = read(source);
        return value === undefined ? [] : [[{ pipeline, source: source.name }, value] as const];
      }),
    );
  const ofSink = (read: (sink: SinkBooks) => number): readonly Value[] =>
    all.flatMap(({ books: { pipeline, sinks } }) =>
      sinks.map((sink) => [{ pipeline, sink: sink.name }, read(sink)] as const),
    );
  const ofGaps = (part: 'count' | 'missing'): readonly Value[] =>
    all.flatMap(({ books: { pipeline, sources } }) =>
      sources.flatMap(({ name, gaps }) =>
        [...gaps].map(([reason, gap]) => [{ pipeline, source: name, reason }, gap[part]] as const),
      ),
    );

  return [
    gauge('pipeline_up', 'Whether a pipeline works: 0 when it has ended or failed.', ofPipeline(isUp)),
    gauge(
      'ledger_imbalance',
      'Records that no stage accounts for; pipeline run --audit tells where.',
      ofPipeline((_, stages) => sum(audit(stages).map(({ missing }) => Math.abs(missing)))),
    ),
    counter(
      'stage_received_total',
      'Records that came into a stage.',
      ofStage(({ received }) => received),
    ),
    counter(
      'stage_added_total',
      'Records that a stage made beyond those it was given.',
      ofStage(({ added }) => added),
    ),
    counter(
      'stage_delivered_total',
      'Records that a stage passed on.',
      ofStage(({ delivered }) => delivered),
    ),
    counter(
      'stage_filtered_total',
      'Records that a stage left out on purpose.',
      ofStage(({ filtered }) => filtered),
    ),
    counter(
      'stage_deduplicated_total',
      'Records that a stage left out for having come before.',
      ofStage(({ deduplicated }) => deduplicated),
    ),
    counter(
      'stage_aggregated_total',
      'Records that went into others, which stand for many.',
      ofStage(({ aggregated }) => aggregated),
    ),
    counter(
      'stage_rejected_total',
      'Records that could not be read.',
      ofStage(({ rejected }) => rejected),
    ),
    counter(
      'stage_dropped_total',
      'Records given up.',
      ofStage(({ dropped }) => dropped),
    ),
    counter(
      'stage_retries_total',
      'How often a stage had to try again.',
      ofStage(({ retries }) => retries),
    ),
    gauge(
      'stage_in_flight',
      'Records that a stage holds.',
      ofStage(({ inFlight }) => inFlight),
    ),
    gauge(
      'source_connected',
      'Whether a source is connected.',
      ofSource((source) => +isConnected(source)),
    ),
    counter(
      'source_reconnects_total',
      'How often a source has connected again.',
      ofSource(({ connects }) => Math.max(0, connects - 1)),
    ),
    gauge(
      'source_lag_seconds',
      'How old the newest record of a source is, by its own time.',
      ofSource(({ newestTime }) => secondsSince(newestTime, nowMs)),
    ),
    counter('gaps_total', 'Places in a stream where records are missing.', ofGaps('count')),
    counter('gap_missing_total', 'Records missing there, at least.', ofGaps('missing')),
    gauge('queue_records', 'Records in the queue of a sink.', ofSink(queued('inFlight'))),
    gauge('queue_bytes', 'What they take.', ofSink(queued('inFlightBytes'))),
    gauge(
      'sink_stalled',
      'Whether a sink has records and delivers none.',
      ofSink(({ stalled }) => +stalled),
    ),
    counter(
      'sink_stalls_total',
      'How often that was so.',
      ofSink(({ stalls }) => stalls),
    ),
  ];
}

const familyOf =
  (type: FamilyType) =>
  (name: string, help: string, values: readonly Value[]): Family => ({
    name: `dockrx_${name}`,
    help,
    type,
    unit: /_(seconds|bytes)$/.exec(name)?.[1],
    series: () => values.map(([labels, value]) => ({ labels: printLabels(labels), value })),
  });
const counter = familyOf('counter');
/** A metric of our own that may fall. */
export const gauge = familyOf('gauge');

const isUp = ({ state }: Books): number => +(state === 'running' || state === 'draining');

const queued =
  (part: 'inFlight' | 'inFlightBytes') =>
  ({ ledgers }: SinkBooks): number =>
    sum(ledgers.map((ledger: SinkLedger) => ledger[part]));

function secondsSince(time: string | undefined, nowMs: number): number | undefined {
  const ms = Date.parse(time ?? '');
  return Number.isNaN(ms) ? undefined : (nowMs - ms) / 1000;
}

const sum = (counts: readonly number[]): number => counts.reduce((all, count) => all + count, 0);
