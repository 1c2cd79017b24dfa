import type { Gap } from '../records/gap.ts';
import { countingOf, operatorCounts } from './define-operator.ts';
import { sourceCounts, traitsOf } from './define-source.ts';
import type { Handed } from './hub.ts';
import { keepsLedger } from './queued.ts';
import type { Tapped } from './looks.ts';
import type { OperatorCounts, Pipeline, SinkLedger, Source, SourceCounts } from './types.ts';

/** The gaps of one reason that a source has emitted. */
export interface GapCount {
  readonly count: number;
  /** Records that are missing in them, at least. */
  readonly missing: number;
}

/** What the runtime writes down of a source. */
export interface SourceBooks extends Tapped {
  readonly name: string;
  /** Written by the source itself, or for it where it counts nothing. */
  readonly counts: SourceCounts;
  readonly countsReceived: boolean;
  /** It can tell when it is connected: of a plain Observable that is never known. */
  readonly tells: boolean;
  delivered: number;
  retries: number;
  /** How often it has said that it is connected. */
  connects: number;
  /** It waits to try again. */
  away: boolean;
  ended: boolean;
  /** The `time` of the last record it has emitted that has one. */
  newestTime: string | undefined;
  readonly gaps: Map<string, GapCount>;
  readonly rejected: Map<string, number>;
  readonly dropped: Map<string, number>;
}

/** What it writes down of an operator. */
export interface OperatorBooks extends Tapped {
  readonly name: string;
  /** Written by the operator itself; nothing where it counts nothing. */
  readonly counts: OperatorCounts;
  readonly exact: boolean;
  received: number;
  delivered: number;
  failed: boolean;
}

/** What it writes down of a sink, and the ledgers of those that keep one. */
export interface SinkBooks extends Handed {
  readonly name: string;
  /** The sink itself keeps the ledger: no operator stands between. */
  readonly exact: boolean;
  delivered: number;
  retries: number;
  /** How long it waits to try again. */
  retryMs: number;
  /** How long it may wait for a batch to fill. */
  lingerMs: number;
  end?: 'completed' | 'failed';
  /** How many of its targets are open. */
  opened: number;
  /** How often it was told as stalled, and whether it is. */
  stalls: number;
  stalled: boolean;
  /** How long the oldest record that it holds has been there, at least; 0 where it holds none. See `lagWatch`. */
  lagSeconds: number;
  readonly ledgers: SinkLedger[];
  readonly targets: string[];
}

export interface Books {
  readonly pipeline: string;
  /** Failed from its first error on, before it has drained. */
  state: 'running' | 'draining' | 'completed' | 'stopped' | 'failed' | 'overdue';
  readonly sources: readonly SourceBooks[];
  readonly operators: readonly OperatorBooks[];
  readonly sinks: readonly SinkBooks[];
  /** Where what all sinks are handed may be looked at. */
  readonly handed: Tapped;
}

/** New books, with a name for each stage that no other stage of the pipeline has. */
export function openBooks({ name: pipeline, sources, operators, sinks }: Pipeline): Books {
  const taken = new Set<string>();
  const distinct = (name: string): string => {
    let free = name;
    for (let n = 2; taken.has(free); n += 1) free = `${name}-${n}`;
    taken.add(free);
    return free;
  };
  return {
    pipeline,
    state: 'running',
    handed: { looks: undefined },
    sources: sources.map((source) => sourceBooks(distinct(traitsOf(source).name), source)),
    operators: operators.map((operator, i) => ({
      name: distinct(nameOf(operator) ?? `operator-${i + 1}`),
      counts: operatorCounts(),
      exact: countingOf(operator) !== undefined,
      received: 0,
      delivered: 0,
      failed: false,
      looks: undefined,
    })),
    sinks: sinks.map((sink, i) => ({
      name: distinct(nameOf(sink) ?? `sink-${i + 1}`),
      exact: keepsLedger(sink),
      received: 0,
      missed: 0,
      delivered: 0,
      retries: 0,
      retryMs: 0,
      lingerMs: 0,
      opened: 0,
      stalls: 0,
      stalled: false,
      lagSeconds: 0,
      ledgers: [],
      targets: [],
    })),
  };
}

/** New books of a source. */
export function sourceBooks(name: string, source: Source<unknown>): SourceBooks {
  const { countsReceived = false, resumable: tells } = traitsOf(source);
  return {
    ...{ name, counts: sourceCounts(), countsReceived, tells },
    ...{ delivered: 0, retries: 0, connects: 0, away: false, ended: false, newestTime: undefined },
    ...{ gaps: new Map(), rejected: new Map(), dropped: new Map(), looks: undefined },
  };
}

// RxJS calls whatever its `pipe` composes `piped`.
const nameOf = ({ name }: { readonly name: string }): string | undefined =>
  name === '' || name === 'piped' ? undefined : name;

export function tally(counts: Map<string, number>, reason: string, count = 1): void {
  counts.set(reason, (counts.get(reason) ?? 0) + count);
}

/** Writes down what a record itself says: when it is from, and whether it is a gap. */
export function noteRecord(books: SourceBooks, record: unknown): void {
  const { kind, time } = (record ?? {}) as Partial<Gap>;
  if (typeof time === 'string') books.newestTime = time;
  if (kind !== 'gap') return;
  const { reason, atLeast } = record as Gap;
  const { count, missing } = books.gaps.get(reason) ?? { count: 0, missing: 0 };
  books.gaps.set(reason, { count: count + 1, missing: missing + atLeast });
}
