import type { Line } from './line-joiner.ts';
import { sinceOf } from './log-times.ts';
import { lastOf, shortOf } from './log-state.ts';
import type { LogState, Mark } from './log-state.ts';
import type { StreamName } from './pieces.ts';

/**
 * What is asked for again before the last line: the engine files the lines of the two streams as it comes to them, and
 * the later may have the earlier time.
 */
const BACK_SECONDS = 1;

/** From when on the log is to be asked for, as `since`; nothing where all of it is. */
export function sinceFor(state: LogState | undefined, from: string): string | undefined {
  const last = state && lastOf(state);
  if (last === undefined) return from <= EVER ? undefined : sinceOf(from);
  return sinceOf(last, BACK_SECONDS);
}

/** Before all lines. */
export const EVER = '1970-01-01T00:00:00.000000000Z';

/** `known`: it has been read. `cut`: it has not, and what came before it is no longer there. */
export type Finding = 'known' | 'new' | 'cut';

/**
 * Tells of the lines of an answer which ones were read before, by where they stand: behind the last line read, which is
 * found by its time and text, all are new, also one that is its equal. The first that is sent must be known, for the
 * last line read was asked for: else the engine has it no more.
 */
export function seeker({ marks }: LogState): (line: Line) => Finding {
  const sought = new Map<StreamName, Sought>(
    Object.entries(marks).map(([stream, mark]) => [
      stream as StreamName,
      { mark, text: shortOf(mark.text), seen: 0 },
    ]),
  );
  let isProven = sought.size === 0;
  /** Whether all lines of the marks' times are still there, for earlier ones are. */
  let isWhole = false;

  const isKnown = ({ stream, time, text }: Line): boolean => {
    const target = sought.get(stream);
    if (target === undefined) return false;
    const { mark } = target;
    if (time > (mark.high ?? mark.time)) {
      sought.delete(stream);
      return false;
    }
    if (time !== mark.time) {
      if (time < mark.time) isProven = isWhole = true;
      return true;
    }
    target.seen += 1;
    if (target.seen >= mark.count && shortOf(text) === target.text) {
      sought.delete(stream);
      isProven = true;
      return true;
    }
    // Podman's follower may have torn a line that was being written: then it is where it was, with another text.
    if (!isWhole || target.seen <= target.mark.count) return true;
    sought.delete(stream);
    return false;
  };
  return (line) => {
    if (sought.size > 0 && isKnown(line)) return 'known';
    if (isProven) return 'new';
    isProven = true;
    return 'cut';
  };
}

interface Sought {
  readonly mark: Mark;
  readonly text: string;
  /** Lines of the mark's time. */
  seen: number;
}
