import type { Reasons, StageCounters } from '../core/types.ts';

/** The books of a whole pipeline in a few numbers. */
export interface Figures {
  /** Records the sources received. */
  readonly received: number;
  /** Records that the sources made themselves: gaps, synthetic ones. */
  readonly added: number;
  /** Records the sinks delivered; a record that two sinks deliver counts twice. */
  readonly delivered: number;
  readonly filtered: number;
  readonly deduplicated: number;
  readonly inFlight: number;
  readonly retries: number;
  readonly dropped: Reasons;
  readonly rejected: Reasons;
  /** What the sinks write to. */
  readonly targets: readonly string[];
}

export function figuresOf(stages: readonly StageCounters[]): Figures {
  const sources = stages.filter(({ kind }) => kind === 'source');
  const sinks = stages.filter(({ kind }) => kind === 'sink');
  return {
    received: sum(sources.map(({ received }) => received)),
    added: sum(sources.map(({ added }) => added)),
    delivered: sum(sinks.map(({ delivered }) => delivered)),
    filtered: sum(stages.map(({ filtered }) => filtered)),
    deduplicated: sum(stages.map(({ deduplicated }) => deduplicated)),
    inFlight: sum(stages.map(({ inFlight }) => inFlight)),
    retries: sum(stages.map(({ retries }) => retries)),
    dropped: merged(stages.map(({ dropped }) => dropped)),
    rejected: merged(stages.map(({ rejected }) => rejected)),
    targets: [...new Set(stages.flatMap(({ targets }) => targets))],
  };
}

export const total = (reasons: Reasons): number => sum(Object.values(reasons));

/** `3 (drop-oldest 2, too-large 1)` */
export function tellReasons(reasons: Reasons): string {
  const parts = Object.entries(reasons).map(([reason, count]) => `${reason} ${grouped(count)}`);
  return parts.length === 0 ? '0' : `${grouped(total(reasons))} (${parts.join(', ')})`;
}

/** `1,234,567` */
export const grouped = (count: number): string => count.toLocaleString('en-US');

/** `1,234`, `45.2k`, `7.89M`: at most five characters, for a place of fixed width. */
export function short(count: number): string {
  if (count < 10_000) return grouped(Math.round(count));
  const units: readonly (readonly [number, string])[] = [
    [1e3, 'k'],
    [1e6, 'M'],
    [1e9, 'G'],
    [1e12, 'T'],
  ];
  const [size, unit] = units.find(([scale]) => count / scale < 999.5) ?? units.at(-1)!;
  const scaled = count / size;
  return `${scaled.toFixed(scaled < 9.995 ? 2 : scaled < 99.95 ? 1 : 0)}${unit}`;
}

function merged(all: readonly Reasons[]): Reasons {
  const counts: Record<string, number> = {};
  for (const reasons of all)
    for (const [reason, count] of Object.entries(reasons)) counts[reason] = (counts[reason] ?? 0) + count;
  return counts;
}

const sum = (counts: readonly number[]): number => counts.reduce((all, count) => all + count, 0);
