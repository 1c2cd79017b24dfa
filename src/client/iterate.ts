import { connect } from './connect.ts';
import type { ConnectSettings, ReceivedFrame } from './connect.ts';

const MOST_FRAMES = 1_000;

/** Frames one by one, as they are asked for; the connection is let go while too many wait. */
export function iterate<T>(settings: ConnectSettings): AsyncIterator<ReceivedFrame<T>> {
  const frames: ReceivedFrame<T>[] = [];
  let wanted: ((result: IteratorResult<ReceivedFrame<T>>) => void)[] = [];
  let isPaused = false;
  let isOver = false;
  const connection = connect<T>(settings, (frame) => {
    const give = wanted.shift();
    if (give !== undefined) return give({ done: false, value: frame });
    frames.push(frame);
    if (frames.length < MOST_FRAMES || isPaused) return;
    isPaused = true;
    connection.pause();
  });
  const over = { done: true, value: undefined } as const;
  return {
    next() {
      const value = frames.shift();
      if (isPaused && frames.length === 0) {
        isPaused = false;
        connection.resume();
      }
      if (value !== undefined) return Promise.resolve({ done: false, value });
      if (isOver) return Promise.resolve(over);
      return new Promise((resolve) => wanted.push(resolve));
    },
    return() {
      isOver = true;
      connection.close();
      for (const give of wanted) give(over);
      wanted = [];
      frames.length = 0;
      return Promise.resolve(over);
    },
  };
}
