import { createHash } from 'node:crypto';

/** What tells one line from another: itself, or of a long one a hash that nobody can aim at. */
export const keyOf = (line: string): string => (Buffer.byteLength(line) <= LONGEST ? line : digestOf(line));

/** The keys of the last `capacity` lines, by the number of the line. */
export interface KeyRing {
  readonly put: (n: number, line: string) => void;
  readonly get: (n: number) => string | undefined;
  readonly forget: (n: number) => void;
  readonly clear: () => void;
  readonly all: () => Set<string>;
}

const SLOT_BYTES = 1024;
/** A line that is cut off at the end of its slot fills it but for part of a character. */
const LONGEST = SLOT_BYTES - 4;

/**
 * Holds the lines as bytes, at most 1 KiB each: as text, each would live just long enough to be carried over by the
 * garbage collector, again and again. A line costs one copy.
 */
export function keyRing(capacity: number): KeyRing {
  // Zeroed memory takes no room until it is written to.
  const bytes = Buffer.alloc(capacity * SLOT_BYTES);
  const lengths = new Uint16Array(capacity);
  const get = (n: number): string | undefined => {
    const start = (n % capacity) * SLOT_BYTES;
    const length = lengths[n % capacity]!;
    return length === 0 ? undefined : bytes.toString('utf8', start, start + length);
  };
  return {
    put(n, line) {
      const start = (n % capacity) * SLOT_BYTES;
      const written = bytes.write(line, start, SLOT_BYTES);
      lengths[n % capacity] = written <= LONGEST ? written : bytes.write(digestOf(line), start);
    },
    get,
    forget: (n) => (lengths[n % capacity] = 0),
    clear: () => lengths.fill(0),
    all() {
      const keys = Array.from({ length: capacity }, (_, n) => get(n));
      return new Set(keys.filter((key) => key !== undefined));
    },
  };
}

const digestOf = (line: string): string => createHash('sha256').update(line).digest('base64');
