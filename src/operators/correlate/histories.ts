import type { ContainerStats } from '../../records/container-stats.ts';
import type { Derived, DerivedStats } from '../../records/derived-stats.ts';
import type { IncidentReading } from '../../records/lifecycle.ts';
import type { LogLine } from '../../records/log-line.ts';
import { derivedOf, totalsOf } from '../../records/stats-rates.ts';
import { recentItems, type RecentItems } from './recent-items.ts';

/** What was last read and written of one container. */
export interface History<L> {
  readonly readings: RecentItems<IncidentReading>;
  readonly lines: RecentItems<L>;
  /** When its last `oom` was told, if that was the last incident. */
  toldMs: number;
}

export interface HistoryLimits {
  readonly readings: number;
  readonly lines: number;
  /** Characters of all lines. */
  readonly chars: number;
}

export const history = <L>({ readings, lines, chars }: HistoryLimits): History<L> => ({
  readings: recentItems({ count: readings, size: Infinity }),
  lines: recentItems({ count: lines, size: chars }),
  toldMs: -Infinity,
});

/** What an incident tells of a reading: small, where a reading is large. */
export function readingIn(record: ContainerStats & Partial<DerivedStats>): IncidentReading {
  const figures: Derived = record.derived ?? derivedOf(record, totalsOf(record), undefined);
  return { time: record.time, ...figures };
}

/** The characters of its texts, wherever the line itself stands. */
export function charsOf(line: LogLine): number {
  let chars = 0;
  for (const value of Object.values(line)) if (typeof value === 'string') chars += value.length;
  return chars;
}
