import { AsyncLocalStorage } from 'node:async_hooks';
/* eslint-disable rxjs-x/no-internal -- the way that RxJS's own TestScheduler takes, whose `run` is synchronous only */
import { dateTimestampProvider } from 'rxjs/internal/scheduler/dateTimestampProvider';
import { immediateProvider } from 'rxjs/internal/scheduler/immediateProvider';
import { intervalProvider } from 'rxjs/internal/scheduler/intervalProvider';
import { Immediate } from 'rxjs/internal/util/Immediate';
/* eslint-enable rxjs-x/no-internal */
import { PipelineError } from '../core/errors.ts';
import { timerQueue } from './timer-queue.ts';
import type { Timed } from './timer-queue.ts';

/** A time that stands still until it is moved. */
export interface VirtualTime {
  /** In milliseconds since the epoch. */
  readonly nowMs: number;
  /** When the next timer is due; `Infinity` where none waits. */
  readonly nextMs: number;
  /**
   * What is called within, and all that follows from it, has this time as RxJS's: `asyncScheduler` and `asapScheduler`,
   * what their `now` says, and so every operator that knows of time. Node's own timers and clock stay real.
   */
  readonly within: <R>(call: () => R) => R;
  /**
   * Moves time to the next timer that is due up to then, and fires it; false where there is none. Timers fire in the
   * order of their time, those of the same time in the order they were set.
   */
  readonly fireNext: (upToMs: number) => boolean;
  /** Moves time on, never back, and fires nothing. */
  readonly moveTo: (atMs: number) => void;
  /** Forgets all timers; RxJS has the real time again once no virtual one is left. */
  readonly end: () => void;
}

interface Timer extends Timed {
  /** How long until it fires again; undefined for once. */
  readonly everyMs: number | undefined;
  readonly fire: () => void;
  readonly clear: () => void;
}

const current = new AsyncLocalStorage<VirtualClock>();

interface VirtualClock {
  readonly now: () => number;
  readonly set: (fire: () => void, delayMs: number, everyMs: number | undefined) => Timer;
}

/** Makes a time that begins at a moment. `end` it: until then RxJS asks on every call whether it is within one. */
export function virtualTime(startMs: number): VirtualTime {
  const timers = timerQueue<Timer>();
  let nowMs = startMs;
  let count = 0;
  let isOver = false;

  const add = (timer: Timer, delayMs: number): void => {
    timer.dueMs = nowMs + delayMs;
    timer.order = count += 1;
    timers.add(timer);
  };
  const clock: VirtualClock = {
    now: () => nowMs,
    set(fire, delayMs, everyMs) {
      const timer: Timer = { dueMs: 0, order: 0, at: -1, everyMs, fire, clear: () => timers.remove(timer) };
      if (!isOver) add(timer, delayMs);
      return timer;
    },
  };
  const release = giveTime();
  return {
    get nowMs() {
      return nowMs;
    },
    get nextMs() {
      return timers.first()?.dueMs ?? Infinity;
    },
    within: (call) => current.run(clock, call),
    fireNext(upToMs) {
      const timer = timers.first();
      if (timer === undefined || timer.dueMs > upToMs) return false;
      timers.remove(timer);
      if (timer.dueMs > nowMs) nowMs = timer.dueMs;
      // Before it fires: firing may clear it.
      if (timer.everyMs !== undefined) add(timer, timer.everyMs);
      timer.fire();
      return true;
    },
    moveTo(atMs) {
      if (atMs > nowMs) nowMs = atMs;
    },
    end() {
      if (isOver) return;
      isOver = true;
      for (let timer = timers.first(); timer !== undefined; timer = timers.first()) timers.remove(timer);
      release();
    },
  };
}

/** What RxJS asks for time instead of the system. It serves all who are within a virtual time, and everybody else. */
interface Delegate {
  readonly asks: typeof current;
  users: number;
}

type Providers = typeof intervalProvider & typeof immediateProvider & typeof dateTimestampProvider;
type Handle = ReturnType<typeof intervalProvider.setInterval>;

/** Puts it in the place that RxJS keeps for it; returns how to take it away, which the last who uses it does. */
function giveTime(): () => void {
  const there = intervalProvider.delegate as (Delegate & object) | undefined;
  if (there !== undefined && there.asks !== current)
    throw new PipelineError('CONFIG_INVALID', "RxJS's time is somebody else's: a TestScheduler runs");
  const delegate = there ?? Object.assign(delegateOf(), { asks: current, users: 0 });
  const providers: readonly { delegate: unknown }[] = [
    intervalProvider,
    immediateProvider,
    dateTimestampProvider,
  ];
  for (const provider of providers) provider.delegate = delegate;
  delegate.users += 1;
  return () => {
    delegate.users -= 1;
    if (delegate.users > 0) return;
    for (const provider of providers) if (provider.delegate === delegate) provider.delegate = undefined;
  };
}

/** No timer of Node waits for less. */
const LEAST_MS = 1;

function delegateOf(): NonNullable<Providers['delegate']> {
  const timers = new WeakSet<object>();
  const own = (timer: Timer): Handle => {
    timers.add(timer);
    return timer as unknown as Handle;
  };
  /** False for a handle of Node. */
  const clears = (handle: unknown): boolean => {
    const isOwn = typeof handle === 'object' && handle !== null && timers.has(handle);
    if (isOwn) (handle as Timer).clear();
    return isOwn;
  };
  return {
    now: () => current.getStore()?.now() ?? Date.now(),
    setInterval(handler, timeout = 0) {
      const clock = current.getStore();
      if (clock === undefined) return setInterval(handler, timeout);
      const everyMs = timeout >= LEAST_MS ? Math.trunc(timeout) : LEAST_MS;
      return own(clock.set(handler, everyMs, everyMs));
    },
    clearInterval(handle) {
      if (!clears(handle)) clearInterval(handle);
    },
    setImmediate(handler) {
      const clock = current.getStore();
      return clock === undefined ? Immediate.setImmediate(handler) : own(clock.set(handler, 0, undefined));
    },
    clearImmediate(handle) {
      if (!clears(handle)) Immediate.clearImmediate(handle as number);
    },
  };
}
