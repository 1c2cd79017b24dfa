import { hash } from 'node:crypto';
import { keyOf, keyRing } from './key-ring.ts';

/** The last lines of a stream, so that a replay can be told from news. An event has no identity but its exact line. */
export interface LineMemory {
  /** How many lines were received so far. */
  readonly received: number;
  /** What the first so many said has been emitted. */
  readonly settled: number;
  /** Takes a line, in place of the oldest. */
  readonly receive: (line: string) => void;
  readonly settle: (count: number) => void;
  /** Goes back to what has been emitted; the lines behind it will be new again. */
  readonly forgetUnsettled: () => void;
  /** Whether a line is among those received by now. */
  readonly knows: () => (line: string) => boolean;
  /** Begins a new connection; the function returned says whether a line is new. */
  readonly replayed: () => (line: string) => boolean;
  /** 64 bits of each of the last lines settled, oldest first, in base64. */
  readonly digests: () => string;
  /** Begins anew with what {@link digests} gave in an earlier run. */
  readonly restore: (digests: string) => void;
}

const DIGEST_BYTES = 8;

/**
 * Remembers the last `capacity` lines, `kept` of them for a later run, and tells lines of a replay from new ones during
 * the first `2 * capacity` lines of each connection: the engine's replay and what it sends live can overlap, and both
 * repeat what was seen before. Up to `capacity - kept` lines may be received and not yet settled.
 *
 * Digests are made when they are asked for, of what is new since.
 */
export function lineMemory(capacity: number, kept: number): LineMemory {
  const keys = keyRing(capacity);
  let received = 0;
  let settled = 0;
  /** The digest of the n-th line is in place n modulo `kept`; made of the first `digested` lines. */
  const bytes = Buffer.alloc(kept * DIGEST_BYTES);
  let digested = 0;
  /** Of an earlier run, until as many lines have come since as are remembered. */
  let restored: ReadonlySet<string> = new Set();

  const isRestored = (key: string): boolean =>
    restored.size > 0 && received < capacity && restored.has(digestOf(key));
  const knownNow = (): ((key: string) => boolean) => {
    const known = keys.all();
    return (key) => known.has(key) || isRestored(key);
  };
  const digest = (): void => {
    for (let n = Math.max(digested, settled - kept); n < settled; n += 1) {
      const key = keys.get(n);
      if (key !== undefined) bytes.write(digestOf(key), (n % kept) * DIGEST_BYTES, 'hex');
    }
    digested = settled;
  };

  return {
    get received() {
      return received;
    },
    get settled() {
      return settled;
    },
    receive(line) {
      keys.put(received, line);
      received += 1;
    },
    settle(count) {
      settled = count;
    },
    forgetUnsettled() {
      for (let n = settled; n < received; n += 1) keys.forget(n);
      received = settled;
    },
    knows() {
      const isKnown = knownNow();
      return (line) => isKnown(keyOf(line));
    },
    replayed() {
      let replay: { readonly isKnown: (key: string) => boolean; readonly fresh: Set<string> } | undefined = {
        isKnown: knownNow(),
        fresh: new Set(),
      };
      let left = 2 * capacity;
      return (line) => {
        if (replay === undefined) return true;
        const key = keyOf(line);
        if (replay.fresh.has(key) || replay.isKnown(key)) return false;
        replay.fresh.add(key);
        left -= 1;
        if (left === 0) replay = undefined;
        return true;
      };
    },
    digests() {
      digest();
      const count = Math.min(settled, kept);
      const first = ((settled - count) % kept) * DIGEST_BYTES;
      const inOrder = Buffer.concat([bytes.subarray(first), bytes.subarray(0, first)]);
      return inOrder.toString('base64', 0, count * DIGEST_BYTES);
    },
    restore(digests) {
      const all = Buffer.from(digests, 'base64');
      const last = all.subarray(Math.max(0, all.length - bytes.length));
      last.copy(bytes);
      keys.clear();
      received = settled = digested = Math.floor(last.length / DIGEST_BYTES);
      restored = new Set(
        Array.from({ length: received }, (_, n) =>
          last.toString('hex', n * DIGEST_BYTES, (n + 1) * DIGEST_BYTES),
        ),
      );
    },
  };
}

/** Of a hash that nobody can aim at: whoever chooses labels could make a line look known. */
const digestOf = (key: string): string => hash('sha1', key, 'hex').slice(0, 2 * DIGEST_BYTES);
