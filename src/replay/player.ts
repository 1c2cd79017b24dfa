import { messageOf, PipelineError } from '../core/errors.ts';
import type { Bell } from '../journal/bell.ts';
import type { Inputs } from './inputs.ts';
import type { RecordingInfo } from './manifest.ts';
import { recordedBatches } from './read-recording.ts';
import type { VirtualTime } from './virtual-time.ts';

export interface Playing {
  readonly dir: string;
  readonly info: RecordingInfo;
  readonly inputs: Inputs;
  readonly time: VirtualTime;
  /** How many times as fast as it was recorded. */
  readonly speed: number;
  /** How far time may go on behind the end. */
  readonly drainMs: number;
  /** Rings when there may be something to go on with. */
  readonly bell: Bell;
  /** Whether all that reads is over. */
  readonly isOver: () => boolean;
  /** Ends what would go on for ever. */
  readonly stop: () => void;
  readonly tell: (message: string) => void;
}

const LONGEST_TIMER_MS = 2 ** 31 - 1;
/** How often is looked whether what waits for something real has set a timer. */
const LOOK_MS = 20;

/**
 * Feeds a recording to the inputs, its time with it, then lets time go on while something waits for it. To be called within
 * that time.
 */
export async function play(playing: Playing): Promise<void> {
  const { inputs, time } = playing;
  const begunMs = performance.now();
  try {
    await feedAll(playing, clockwork(playing, begunMs, inputs.areUnread));
    inputs.completeAll();
  } catch (error) {
    const message = `cannot read the recording ${playing.dir}: ${messageOf(error)}`;
    inputs.fail(new PipelineError('SOURCE_REFUSED', message, { cause: error }));
  }
  await drain(playing, clockwork(playing, begunMs, playing.isOver));
  time.end();
  inputs.release();
}

async function feedAll({ dir, info, inputs, time, tell }: Playing, clock: Clockwork): Promise<void> {
  const ends = [...info.sources.entries()]
    .flatMap(([number, { endedMs }]) => (endedMs === undefined ? [] : [{ number, endedMs }]))
    .sort((one, other) => one.endedMs - other.endedMs);
  /** Ends the sources that have ended before. */
  const endBefore = async (atMs: number): Promise<void> => {
    for (let end = ends[0]; end !== undefined && end.endedMs < atMs; end = ends[0]) {
      await clock.passTo(end.endedMs);
      inputs.complete(end.number);
      ends.shift();
    }
  };
  for await (const batch of recordedBatches(dir, tell))
    for (const { source, atMs, record } of batch) {
      if (atMs > time.nowMs) {
        if (ends.length > 0) await endBefore(atMs);
        await clock.passTo(atMs);
      }
      // What the record before has set for this very moment.
      while (time.nextMs <= atMs) clock.fire(atMs);
      if (inputs.areHeld()) await clock.hold();
      if (inputs.areUnread()) return;
      inputs.feed(source, record);
    }
  await endBefore(Infinity);
  await clock.passTo(info.endedMs ?? time.nowMs);
}

/** What is under way may wait for time: it goes on from timer to timer. */
async function drain({ time, drainMs, bell, isOver, stop, tell }: Playing, clock: Clockwork): Promise<void> {
  const lastMs = time.nowMs + drainMs;
  let isStopped = false;
  while (!isOver()) {
    if (time.nextMs <= lastMs) await clock.passTo(time.nextMs);
    else if (time.nextMs < Infinity && !isStopped) {
      tell(
        `something waits for longer than ${drainMs / 1000} s behind the end of the recording: it is stopped`,
      );
      isStopped = true;
      stop();
    } else await rings(bell, LOOK_MS);
  }
}

interface Clockwork {
  /** Moves time on to there at the speed that is wanted, and fires all that is due. Stops where it is once all is over. */
  readonly passTo: (atMs: number) => Promise<void>;
  /** Waits while a sink is full. */
  readonly hold: () => Promise<void>;
  /** Fires the next timer that is due up to then; false where there is none. */
  readonly fire: (upToMs: number) => boolean;
}

function clockwork(
  { info, inputs, time, speed, bell }: Playing,
  begunMs: number,
  isOver: () => boolean,
): Clockwork {
  const keepPace = async (atMs: number): Promise<void> => {
    const leftMs = (): number => begunMs + (atMs - info.startedMs) / speed - performance.now();
    while (leftMs() > 0 && !isOver()) await rings(bell, leftMs());
  };
  const hold = async (): Promise<void> => {
    while (inputs.areHeld() && !isOver()) await bell.heard();
  };
  const fire = (upToMs: number): boolean => {
    try {
      return time.fireNext(upToMs);
    } catch (error) {
      // As of a timer of Node: nobody's, and no reason to stop the clock.
      queueMicrotask(() => {
        throw error;
      });
      return true;
    }
  };
  return {
    hold,
    fire,
    async passTo(toMs) {
      for (;;) {
        // What promises have to do at this time is done before it passes.
        await turn();
        const atMs = Math.min(time.nextMs, toMs);
        if (speed < Infinity) await keepPace(atMs);
        await hold();
        if (isOver()) return;
        time.moveTo(atMs);
        while (fire(atMs)) if (inputs.areHeld()) await hold();
        if (atMs >= toMs) return;
      }
    },
  };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Resolves when the bell rings, or after so long. */
async function rings({ ring, heard }: Bell, ms: number): Promise<void> {
  const timer = setTimeout(ring, Math.min(ms, LONGEST_TIMER_MS));
  await heard();
  clearTimeout(timer);
}
