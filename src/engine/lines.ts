import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';

export interface LineOptions {
  /** Longer lines are passed over. */
  readonly maxBytes: number;
  readonly line: (text: string) => void;
  /** A line that is passed over, or one that was not UTF-8 and is handed on with replacement characters. */
  readonly bad: (reason: 'too-long' | 'invalid-utf8') => void;
}

/** Cuts bytes into lines. Holds at most one line of `maxBytes` and the chunk being cut. */
export function lineSplitter({ maxBytes, line, bad }: LineOptions): {
  write(chunk: Buffer): void;
  stop(): void;
} {
  let tail: Buffer[] = [];
  let tailBytes = 0;
  let skipping = false;
  let stopped = false;

  const emit = (bytes: Buffer): void => {
    const text = bytes.toString('utf8');
    if (text.includes('\uFFFD') && !isUtf8(bytes)) bad('invalid-utf8');
    if (!stopped) line(text);
  };
  const keep = (rest: Buffer): void => {
    if (skipping || rest.length === 0) return;
    if (tailBytes + rest.length > maxBytes) {
      tail = [];
      tailBytes = 0;
      skipping = true;
      bad('too-long');
      return;
    }
    tail.push(rest);
    tailBytes += rest.length;
  };
  return {
    write(chunk) {
      let start = 0;
      for (let end = chunk.indexOf(10); end >= 0 && !stopped; end = chunk.indexOf(10, start)) {
        const bytes = chunk.subarray(start, end);
        start = end + 1;
        if (tailBytes > 0 || skipping || bytes.length > maxBytes) {
          keep(bytes);
          if (!skipping) emit(Buffer.concat(tail, tailBytes));
          tail = [];
          tailBytes = 0;
          skipping = false;
        } else if (bytes.length > 0) emit(bytes);
      }
      if (!stopped) keep(chunk.subarray(start));
    },
    stop() {
      stopped = true;
    },
  };
}

/**
 * Reads the lines of an answer as they come, without ever pausing it. `done` is called once: with nothing when the
 * engine ended the answer cleanly, else with the error. Returns how to stop: the connection is closed and nothing
 * more is called.
 *
 * When a daemon dies Node says `error` and `close` but never `end`: so this settles on `close` and asks `complete`.
 */
export function readLines(
  answer: IncomingMessage,
  options: LineOptions,
  done: (error?: Error) => void,
): () => void {
  const splitter = lineSplitter(options);
  let failure: Error | undefined;
  let over = false;
  answer.on('data', (chunk: Buffer) => splitter.write(chunk));
  answer.on('error', (error) => (failure = error));
  answer.on('close', () => {
    if (over) return;
    over = true;
    if (answer.complete) done();
    else done(failure ?? new Error('the connection was closed in the middle of the answer'));
  });
  return () => {
    over = true;
    splitter.stop();
    answer.destroy();
  };
}
