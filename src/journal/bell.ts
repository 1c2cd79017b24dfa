/** Wakes the one who waits for something to change; who waits looks again, and waits again. */
export interface Bell {
  readonly ring: () => void;
  /** Resolves when it rings, or has rung since it was last heard. */
  readonly heard: () => Promise<void>;
}

export function bell(): Bell {
  let hasRung = false;
  let wake: (() => void) | undefined;
  return {
    ring: () => {
      hasRung = true;
      wake?.();
    },
    heard: async () => {
      if (!hasRung) await new Promise<void>((resolve) => (wake = resolve));
      wake = undefined;
      hasRung = false;
    },
  };
}
