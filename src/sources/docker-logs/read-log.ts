import type { IncomingMessage } from 'node:http';
import { lineJoiner } from './line-joiner.ts';
import type { JoinOptions, Line } from './line-joiner.ts';
import { framedPieces, rawPieces } from './pieces.ts';

export interface ReadLogOptions extends JoinOptions {
  /** The answer ends where the log does: what has no newline then will get none. */
  readonly isAll: boolean;
}

export interface HearLog {
  readonly line: (line: Line) => void;
  readonly bad: () => void;
  /** Called once: without an error where the engine ended the answer cleanly. */
  readonly done: (error?: Error) => void;
}

/** A log being read. */
export interface LogReading {
  /** Closes the connection; nothing more is called. */
  readonly stop: () => void;
  /** After a clean end: what has no newline will get none. */
  readonly finish: () => void;
}

/** Reads the lines of a log answer as they come, without ever pausing it. */
export function readLog(
  answer: IncomingMessage,
  { isAll, ...join }: ReadLogOptions,
  hear: HearLog,
): LogReading {
  const state = { isStopped: false };
  let failure: Error | undefined;
  const joiner = lineJoiner(join, (line) => {
    if (!state.isStopped) hear.line(line);
  });
  const bad = (): void => {
    if (!state.isStopped) hear.bad();
  };
  const pieces = (join.isTerminal ? rawPieces : framedPieces)({ piece: joiner.piece, bad });
  answer.on('data', (chunk: Buffer) => {
    if (state.isStopped) return;
    try {
      pieces.write(chunk);
    } catch (error) {
      answer.destroy((failure = error as Error));
    }
  });
  answer.on('error', (error) => (failure ??= error));
  answer.on('close', () => {
    const isWhole = answer.complete && failure === undefined;
    if (isWhole && isAll && !state.isStopped) joiner.end();
    if (state.isStopped) return;
    hear.done(
      isWhole ? undefined : (failure ?? new Error('the connection was closed in the middle of a log')),
    );
  });
  return {
    stop() {
      state.isStopped = true;
      answer.destroy();
    },
    finish: joiner.end,
  };
}
