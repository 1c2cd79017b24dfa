import type { Act } from './plan.ts';

/** What is tested: dockrx reading an engine, in this process or as one of its own. */
export interface Subject {
  /** whether it will miss nothing from now on */
  readonly ready: () => boolean;
  /** `timeNano` of the last event it has taken */
  readonly lastTaken: () => string | undefined;
  /** whether it has taken an event with that id */
  readonly has: (id: string) => boolean;
  /** what happens to it and where it writes to; resolves when that has healed */
  readonly act: (act: Act) => Promise<void>;
  /** drains and ends it */
  readonly end: () => Promise<Ended>;
}

export interface Ended {
  readonly outputs: readonly Output[];
  /** in words, what went wrong beside the outputs */
  readonly wrong: readonly string[];
}

export interface Output {
  readonly name: string;
  readonly text: string;
  /** records that the queue's policy gave up, by the sink's own count */
  readonly dropped: number;
  /** records delivered by the sink's own count, where it can be asked */
  readonly delivered: number | undefined;
}
