import type { StreamName } from './pieces.ts';

/** How many lines an audit compares. */
export const AUDITED_LINES = 2_000;

/** When the last lines of a log were of, of each stream for itself. */
export interface RecentTimes {
  readonly push: (stream: StreamName, time: string) => void;
  /**
   * Compares with lines that the engine has kept one after another, oldest first, up to the last that was pushed before:
   * how many of those it has more. They are then taken for told.
   */
  readonly missing: (stream: StreamName, kept: readonly string[]) => number;
}

export function recentTimes(max: number): RecentTimes {
  const times: Record<StreamName, string[]> = { stdout: [], stderr: [] };
  return {
    push(stream, time) {
      const own = times[stream];
      // The engine's clock was set back: there is nothing to compare before.
      if (time < (own.at(-1) ?? '')) own.length = 0;
      own.push(time);
      // Seldom, for all that is behind moves up.
      if (own.length >= 2 * max) own.splice(0, max);
    },
    missing(stream, kept) {
      const own = times[stream];
      const last = kept.at(-1);
      const from = own.findIndex((time) => time >= (kept[0] ?? ''));
      if (from < 0 || last === undefined) return 0;
      const to = own.findLastIndex((time) => time <= last) + 1;
      const compared = from === 0 ? kept.filter((time) => time >= own[0]!) : kept;
      const more = compared.length - Math.max(0, to - from);
      if (more > 0) own.splice(from, Math.max(0, to - from), ...compared);
      return Math.max(0, more);
    },
  };
}
