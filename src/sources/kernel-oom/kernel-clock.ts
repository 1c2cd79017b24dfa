/** Milliseconds: since the epoch, and since boot without the time asleep. */
export interface Clocks {
  readonly wall: () => number;
  readonly sinceBoot: () => number;
}

const CLOCKS: Clocks = {
  wall: () => Date.now(),
  sinceBoot: () => Number(process.hrtime.bigint() / 1_000n) / 1_000,
};

/** A record, and when it was written. */
export interface Anchor {
  /** Its own microseconds since boot. */
  readonly usec: number;
  readonly ms: number;
}

export interface KernelClock {
  /** The log has been read to its end: what comes next was written after this. */
  readonly atEnd: () => void;
  /** When a record was written, in milliseconds since the epoch, by its own microseconds since boot. */
  readonly timeOf: (usec: number) => number;
}

/**
 * Tells what time it was when a record was written. The kernel stamps by a clock that nobody sets right: after weeks it
 * is minutes off. So what is read as it happens must be of the time since the end was last read; and other records
 * are as far from such a one as their stamps are. Without any, the stamp counts from boot.
 */
export function kernelClock(anchor: Anchor | undefined, { wall, sinceBoot }: Clocks = CLOCKS): KernelClock {
  let latest = anchor;
  let endMs: number | undefined;
  return {
    atEnd: () => (endMs = wall()),
    timeOf(usec) {
      const nowMs = wall();
      const from = latest ?? { usec: 0, ms: nowMs - sinceBoot() };
      const stampMs = from.ms + (usec - from.usec) / 1_000;
      const ms = Math.min(Math.max(stampMs, endMs ?? stampMs), nowMs);
      if (endMs !== undefined) latest = { usec, ms };
      return ms;
    },
  };
}
