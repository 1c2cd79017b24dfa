/** Wakes whoever waits for something to change; who waits looks again, and waits again. */
export interface Bell {
  readonly ring: () => void;
  readonly heard: () => Promise<void>;
}

export function bell(): Bell {
  let wake: (() => void)[] = [];
  return {
    ring: () => {
      const woken = wake;
      wake = [];
      for (const resolve of woken) resolve();
    },
    heard: () => new Promise((resolve) => wake.push(resolve)),
  };
}
