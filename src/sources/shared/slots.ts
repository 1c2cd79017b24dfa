export interface Slots {
  /** Starts the task now or when a slot is free, in order. The task's promise must not reject. */
  readonly start: (task: () => Promise<void>) => void;
  /** Forgets the tasks that have not started. */
  readonly clear: () => void;
}

/** Runs tasks a few at a time. One that takes longer than `slowMs` gives its slot away, so that none holds up the others. */
export function slots(count: number, slowMs: number): Slots {
  const waiting = new Set<() => Promise<void>>();
  let busy = 0;
  const fill = (): void => {
    for (const task of waiting) {
      if (busy >= count) return;
      waiting.delete(task);
      busy += 1;
      let timer: NodeJS.Timeout | undefined;
      const slow = new Promise<void>((resolve) => (timer = setTimeout(resolve, slowMs)));
      void Promise.race([task(), slow]).then(() => {
        clearTimeout(timer);
        busy -= 1;
        fill();
      });
    }
  };
  return {
    start(task) {
      waiting.add(task);
      fill();
    },
    clear: () => waiting.clear(),
  };
}
