/**
 * What is planned, in virtual time, so that things happen in the same order whatever the machine's timers do.
 * Virtual time follows real time, but never by leaps: after a stall the rest is caught up in steps, or skipped.
 */
export interface Agenda {
  /** runs the task so many milliseconds after the task now running, or after now */
  readonly after: (ms: number, task: () => void) => void;
  readonly pause: () => void;
  readonly resume: () => void;
  /** forgets everything planned */
  readonly close: () => void;
}

interface Item {
  readonly dueMs: number;
  readonly task: () => void;
}

const longestLeapMs = 1000;
const coarseMs = 10;
/** then sockets get their turn: a socket holds some 90 events, and no reader can take longer bursts */
const tasksPerTurn = 15;

export function createAgenda(): Agenda {
  const items: Item[] = [];
  let virtualMs = 0;
  let realMs = performance.now();
  let current: number | undefined;
  let timer: NodeJS.Timeout | undefined;
  let turn: NodeJS.Immediate | undefined;
  let paused = false;

  const follow = (): void => {
    const now = performance.now();
    if (!paused) virtualMs += Math.min(longestLeapMs, now - realMs);
    realMs = now;
  };
  const plan = (): void => {
    clearTimeout(timer);
    clearImmediate(turn);
    timer = undefined;
    const next = items[0];
    if (next === undefined || paused) return;
    if (next.dueMs <= virtualMs) turn = setImmediate(run);
    else timer = setTimeout(run, Math.max(coarseMs, next.dueMs - virtualMs));
  };
  const run = (): void => {
    follow();
    for (let done = 0; done < tasksPerTurn && isDue(); done++) {
      const { dueMs, task } = items.shift()!;
      current = dueMs;
      task();
    }
    current = undefined;
    plan();
  };
  const isDue = (): boolean => !paused && items[0] !== undefined && items[0].dueMs <= virtualMs;

  return {
    after: (ms, task) => {
      if (current === undefined) follow();
      const dueMs = (current ?? virtualMs) + ms;
      const at = items.findLastIndex((item) => item.dueMs <= dueMs) + 1;
      items.splice(at, 0, { dueMs, task });
      if (current === undefined && at === 0) plan();
    },
    pause: () => {
      follow();
      paused = true;
      plan();
    },
    resume: () => {
      follow();
      paused = false;
      plan();
    },
    close: () => {
      items.length = 0;
      plan();
    },
  };
}
