import { balanceOf } from '../../src/core/audit.ts';
import { onFact } from '../../src/core/facts.ts';
import type { Fact } from '../../src/core/facts.ts';
import type { SinkLedger, StageCounters } from '../../src/core/types.ts';

export type FactOfType<T extends Fact['type']> = Extract<Fact, { type: T }>;

export interface Hearing {
  readonly facts: readonly Fact[];
  readonly of: <T extends Fact['type']>(type: T) => readonly FactOfType<T>[];
  /** Resolves with the n-th fact of a type, also when it has been said already. */
  readonly until: <T extends Fact['type']>(type: T, nth?: number) => Promise<FactOfType<T>>;
  readonly end: () => void;
}

/** Hears the facts of the pipelines of the names. */
export function hear(...pipelines: readonly string[]): Hearing {
  const facts: Fact[] = [];
  const looks = new Set<() => void>();
  const end = onFact((fact) => {
    if (!pipelines.includes(fact.pipeline)) return;
    facts.push(fact);
    for (const look of looks) look();
  });
  const of = <T extends Fact['type']>(type: T): readonly FactOfType<T>[] =>
    facts.filter((fact): fact is FactOfType<T> => fact.type === type);
  return {
    facts,
    of,
    until: (type, nth = 1) =>
      new Promise((resolve) => {
        const look = (): void => {
          const fact = of(type)[nth - 1];
          if (fact === undefined) return;
          looks.delete(look);
          resolve(fact);
        };
        looks.add(look);
        look();
      }),
    end,
  };
}

export const sum = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((all, count) => all + count, 0);

/** What is missing or too much in books: 0 when they balance. */
export const imbalance = (books: StageCounters | SinkLedger): number => {
  if ('kind' in books) return balanceOf(books);
  const { received, delivered, rejected, dropped, inFlight } = books;
  return received - delivered - sum(rejected) - sum(dropped) - inFlight;
};

export const stage = (stages: readonly StageCounters[], name: string): StageCounters => {
  const found = stages.find((one) => one.name === name);
  if (found === undefined)
    throw new Error(`no stage ${name} among ${stages.map((one) => one.name).join(', ')}`);
  return found;
};
