import { tally } from './books.ts';
import type { Books, OperatorBooks, SinkBooks, SourceBooks } from './books.ts';
import type { Reasons, SinkLedger, StageCounters } from './types.ts';

/** The counters of every stage, in the order of the flow. */
export function readBooks({ sources, operators, sinks }: Books): readonly StageCounters[] {
  return [...sources.map(readSource), ...operators.map(readOperator), ...sinks.map(readSink)];
}

function readSource({ name, counts, delivered, retries, rejected, dropped }: SourceBooks): StageCounters {
  const { held, ...own } = counts;
  return {
    kind: 'source',
    name,
    ...own,
    delivered,
    aggregated: 0,
    rejected: Object.fromEntries(rejected),
    dropped: Object.fromEntries(dropped),
    inFlight: held,
    exact: true,
    retries,
    targets: [],
  };
}

function readOperator({ name, counts, exact, received, delivered, failed }: OperatorBooks): StageCounters {
  const common = {
    kind: 'operator',
    name,
    received,
    delivered,
    exact,
    dropped: {},
    retries: 0,
    targets: [],
  } as const;
  const { held, ...own } = counts;
  const rest = received + own.added - delivered - own.filtered - own.deduplicated - own.aggregated - held;
  // The record at which it failed is the last it was given, unless that is accounted for.
  const rejected = failed ? Math.min(1, Math.max(0, rest)) : 0;
  const what = exact ? own : byDifference(rest - rejected);
  return { ...common, ...what, rejected: failedOf(rejected), inFlight: held };
}

function readSink(books: SinkBooks): StageCounters {
  const { name, received, missed, delivered, retries, end, exact, ledgers, targets } = books;
  const common = { kind: 'sink', name, received: received + missed, retries, exact, targets } as const;
  // What came after it had ended: it had enough, or it had failed.
  const after =
    end === 'failed' ? { filtered: 0, dropped: failedOf(missed) } : { filtered: missed, dropped: {} };
  if (ledgers.length === 0) {
    // Without a ledger nobody can tell before its end what a branch has left out from what it holds.
    const rest = received - delivered;
    const inFlight = end === 'completed' ? 0 : Math.max(0, rest);
    const difference = byDifference(rest - inFlight);
    return {
      ...common,
      ...difference,
      filtered: difference.filtered + after.filtered,
      delivered,
      rejected: {},
      dropped: after.dropped,
      inFlight,
    };
  }
  const sum = (of: (ledger: SinkLedger) => number): number => total(ledgers.map(of));
  const difference = byDifference(exact ? 0 : received - sum((ledger) => ledger.received));
  return {
    ...common,
    ...difference,
    filtered: difference.filtered + after.filtered,
    delivered: sum((ledger) => ledger.delivered),
    rejected: merged(ledgers.map((ledger) => ledger.rejected)),
    dropped: merged([...ledgers.map((ledger) => ledger.dropped), after.dropped]),
    inFlight: sum((ledger) => ledger.inFlight),
  };
}

/** What a stage that does not count has left out, or added. */
const byDifference = (
  rest: number,
): Pick<StageCounters, 'added' | 'filtered' | 'deduplicated' | 'aggregated'> => ({
  added: Math.max(0, -rest),
  filtered: Math.max(0, rest),
  deduplicated: 0,
  aggregated: 0,
});

const failedOf = (count: number): Reasons => (count === 0 ? {} : { failed: count });

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
