import type { Gap } from '../records/gap.ts';

export interface GapFacts {
  readonly host: string;
  readonly nowMs: number;
  /** When the last record before it came; 0 where that is not known. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly reason: string;
  readonly atLeast: number;
}

export function gapOf({ host, nowMs, fromMs, toMs, reason, atLeast }: GapFacts): Gap {
  const timeOf = (ms: number): string => new Date(ms).toISOString();
  return {
    kind: 'gap',
    type: 'gap',
    host,
    time: timeOf(nowMs),
    fromTime: timeOf(fromMs === 0 ? toMs : Math.min(fromMs, toMs)),
    toTime: timeOf(toMs),
    reason,
    atLeast,
  };
}

/** The host of a record, where it has one. */
export function hostOf(record: unknown): string | undefined {
  const host = (record as { readonly host?: unknown } | null | undefined)?.host;
  return typeof host === 'string' ? host : undefined;
}

/** The text of a gap that does not count what the journal has behind the place its source went on from. */
export function butFor(present: number, record: unknown): string | undefined {
  const gap = record as Partial<Gap> | null;
  if (gap?.kind !== 'gap') return undefined;
  return JSON.stringify({ ...gap, atLeast: Math.max(0, (gap.atLeast ?? 0) - present) });
}
