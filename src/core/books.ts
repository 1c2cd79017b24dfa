import { traitsOf } from './define-source.ts';
import type { Pipeline, Reasons, SinkLedger, StageCounters } from './types.ts';

/** What the runtime writes down of a source; what it received follows from the rest. */
export interface SourceBooks {
  readonly name: string;
  delivered: number;
  /** Newest samples kept back while a sink is full. */
  held: number;
  retries: number;
  readonly rejected: Map<string, number>;
  readonly dropped: Map<string, number>;
}

/** What it writes down of an operator; what it received is what the stage before delivered. */
export interface OperatorBooks {
  readonly name: string;
  delivered: number;
}

/** What it writes down of a sink that keeps no ledger of its own, and the ledgers of those that do. */
export interface SinkBooks {
  readonly name: string;
  delivered: number;
  retries: number;
  readonly ledgers: SinkLedger[];
  readonly targets: string[];
}

export interface Books {
  readonly sources: readonly SourceBooks[];
  readonly operators: readonly OperatorBooks[];
  readonly sinks: readonly SinkBooks[];
}

/** New books, with a name for each stage that no other stage of the pipeline has. */
export function openBooks({ sources, operators, sinks }: Pipeline): Books {
  const taken = new Set<string>();
  const distinct = (name: string): string => {
    let free = name;
    for (let n = 2; taken.has(free); n += 1) free = `${name}-${n}`;
    taken.add(free);
    return free;
  };
  return {
    sources: sources.map((source) => ({
      name: distinct(traitsOf(source).name),
      delivered: 0,
      held: 0,
      retries: 0,
      rejected: new Map<string, number>(),
      dropped: new Map<string, number>(),
    })),
    operators: operators.map((operator, i) => ({
      name: distinct(nameOf(operator) ?? `operator-${i + 1}`),
      delivered: 0,
    })),
    sinks: sinks.map((sink, i) => ({
      name: distinct(nameOf(sink) ?? `sink-${i + 1}`),
      delivered: 0,
      retries: 0,
      ledgers: [],
      targets: [],
    })),
  };
}

// RxJS calls whatever its `pipe` composes `piped`.
const nameOf = ({ name }: { readonly name: string }): string | undefined =>
  name === '' || name === 'piped' ? undefined : name;

export function tally(counts: Map<string, number>, reason: string, count = 1): void {
  counts.set(reason, (counts.get(reason) ?? 0) + count);
}

/** The counters of every stage, in the order of the flow. */
export function readBooks({ sources, operators, sinks }: Books): readonly StageCounters[] {
  let upstream = sources.reduce((sum, source) => sum + source.delivered, 0);
  return [
    ...sources.map(readSource),
    ...operators.map(({ name, delivered }): StageCounters => {
      const received = upstream;
      upstream = delivered;
      return { ...idle, kind: 'operator', name, received, delivered };
    }),
    ...sinks.map((sink) => readSink(sink, upstream)),
  ];
}

const idle = { rejected: {}, dropped: {}, inFlight: 0, retries: 0, targets: [] } as const;

function readSource({ name, delivered, held, retries, rejected, dropped }: SourceBooks): StageCounters {
  return {
    kind: 'source',
    name,
    received: delivered + held + total(rejected.values()) + total(dropped.values()),
    delivered,
    rejected: Object.fromEntries(rejected),
    dropped: Object.fromEntries(dropped),
    inFlight: held,
    retries,
    targets: [],
  };
}

// A branch such as pipe(filter, sink) hands on fewer records than it is given, or more: there the sink's own ledger
// tells. Without one, what a branch leaves out looks as if it were still held.
function readSink(
  { name, delivered, retries, ledgers, targets }: SinkBooks,
  upstream: number,
): StageCounters {
  const common = { kind: 'sink', name, retries, targets } as const;
  if (ledgers.length === 0) {
    const received = Math.max(upstream, delivered);
    return { ...common, received, delivered, rejected: {}, dropped: {}, inFlight: received - delivered };
  }
  const sum = (of: (ledger: SinkLedger) => number): number => total(ledgers.map(of));
  return {
    ...common,
    received: sum((ledger) => ledger.received),
    delivered: sum((ledger) => ledger.delivered),
    rejected: merged(ledgers.map((ledger) => ledger.rejected)),
    dropped: merged(ledgers.map((ledger) => ledger.dropped)),
    inFlight: sum((ledger) => ledger.inFlight),
  };
}

function merged(all: readonly Reasons[]): Reasons {
  const counts = new Map<string, number>();
  for (const reasons of all)
    for (const [reason, count] of Object.entries(reasons)) tally(counts, reason, count);
  return Object.fromEntries(counts);
}

function total(counts: Iterable<number>): number {
  let sum = 0;
  for (const count of counts) sum += count;
  return sum;
}
