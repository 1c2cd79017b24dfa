import { countingOf, operatorCounts } from './define-operator.ts';
import { sourceCounts, traitsOf } from './define-source.ts';
import type { Handed } from './hub.ts';
import { isQueued } from './queued.ts';
import type { OperatorCounts, Pipeline, SinkLedger, SourceCounts } from './types.ts';

/** What the runtime writes down of a source. */
export interface SourceBooks {
  readonly name: string;
  /** Written by the source itself, or for it where it counts nothing. */
  readonly counts: SourceCounts;
  readonly countsReceived: boolean;
  delivered: number;
  retries: number;
  readonly rejected: Map<string, number>;
  readonly dropped: Map<string, number>;
}

/** What it writes down of an operator. */
export interface OperatorBooks {
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
    sources: sources.map((source) => {
      const { name, countsReceived = false } = traitsOf(source);
      return {
        name: distinct(name),
        counts: sourceCounts(),
        countsReceived,
        delivered: 0,
        retries: 0,
        rejected: new Map<string, number>(),
        dropped: new Map<string, number>(),
      };
    }),
    operators: operators.map((operator, i) => ({
      name: distinct(nameOf(operator) ?? `operator-${i + 1}`),
      counts: operatorCounts(),
      exact: countingOf(operator) !== undefined,
      received: 0,
      delivered: 0,
      failed: false,
    })),
    sinks: sinks.map((sink, i) => ({
      name: distinct(nameOf(sink) ?? `sink-${i + 1}`),
      exact: isQueued(sink),
      received: 0,
      missed: 0,
      delivered: 0,
      retries: 0,
      retryMs: 0,
      lingerMs: 0,
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
