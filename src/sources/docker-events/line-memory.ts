import { createHash } from 'node:crypto';

/** The last lines of a stream, so that a replay can be told from news. */
export interface LineMemory {
  /** Keeps a line, in place of the oldest kept. */
  readonly remember: (line: string) => void;
  /** Begins a new connection; the function returned says whether a line is new. */
  readonly replayed: () => (line: string) => boolean;
}

/**
 * Remembers the last `capacity` lines, and tells lines of a replay from new ones during the first `2 * capacity` lines
 * of each connection: the engine's replay and what it sends live can overlap, and both repeat what was seen before.
 * An event has no identity but its exact line.
 */
export function lineMemory(capacity: number): LineMemory {
  const keys: string[] = [];
  let next = 0;
  return {
    remember(line) {
      keys[next] = keyOf(line);
      next = (next + 1) % capacity;
    },
    replayed() {
      let seen: Set<string> | undefined = new Set(keys);
      let left = 2 * capacity;
      return (line) => {
        if (seen === undefined) return true;
        const key = keyOf(line);
        if (seen.has(key)) return false;
        seen.add(key);
        left -= 1;
        if (left === 0) seen = undefined;
        return true;
      };
    },
  };
}

/** Lines have no end to their length, what is remembered of them has. */
const LONGEST_KEY = 1024;

function keyOf(line: string): string {
  return line.length <= LONGEST_KEY ? line : createHash('sha256').update(line).digest('base64');
}
