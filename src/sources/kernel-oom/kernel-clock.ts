/** Milliseconds: since the epoch, and since boot without the time asleep. */
export interface Clocks {
  readonly wall: () => number;
  readonly sinceBoot: () => number;
}

const CLOCKS: Clocks = {
  wall: () => Date.now(),
  sinceBoot: () => Number(process.hrtime.bigint() / 1_000n) / 1_000,
};

export interface KernelClock {
  /** The log has been read to its end: what comes next was written after this. */
  readonly atEnd: () => void;
  /** When a record was written, in milliseconds since the epoch, by its own microseconds since boot. */
  readonly timeOf: (usec: number) => number;
}

/**
 * Tells what time it was when a record was written. The kernel stamps by a clock that nobody sets right: after weeks it is
 * seconds off. So what is read as it happens must be of the time since the end was last read; what is older is
 * as right as that clock.
 */
export function kernelClock({ wall, sinceBoot }: Clocks = CLOCKS): KernelClock {
  let endMs: number | undefined;
  return {
    atEnd: () => (endMs = wall()),
    timeOf(usec) {
      const nowMs = wall();
      const stampMs = nowMs - sinceBoot() + usec / 1_000;
      return Math.min(Math.max(stampMs, endMs ?? stampMs), nowMs);
    },
  };
}
