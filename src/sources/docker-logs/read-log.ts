import type { IncomingMessage } from 'node:http';
import { lineJoiner } from './line-joiner.ts';
import type { JoinOptions, Line } from './line-joiner.ts';
import { framedPieces, rawPieces } from './pieces.ts';

export interface ReadLogOptions extends JoinOptions {
  /** The answer ends where the log does: what has no newline then will get none. */
  readonly isAll: boolean;
}

export interface HearLog {
  /** Whether to wait: what is there is kept, and nothing more is called before `release`. */
  readonly isHeld: () => boolean;
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
  /** Nothing more is read: the engine waits, and keeps what comes. */
  readonly hold: () => void;
  readonly release: () => void;
}

/** Reads the lines of a log answer as they come. */
export function readLog(
  answer: IncomingMessage,
  { isAll, ...join }: ReadLogOptions,
  hear: HearLog,
): LogReading {
  const state = { isStopped: false, isClosed: false };
  let failure: Error | undefined;
  const joiner = lineJoiner(join, (line) => {
    if (!state.isStopped) hear.line(line);
  });
  const bad = (): void => {
    if (!state.isStopped) hear.bad();
  };
  const pieces = (join.isTerminal ? rawPieces : framedPieces)({
    piece: joiner.piece,
    bad,
    isHeld: hear.isHeld,
  });
  const write = (chunk: Buffer): void => {
    if (state.isStopped) return;
    try {
      pieces.write(chunk);
    } catch (error) {
      answer.destroy((failure = error as Error));
    }
  };
  const finish = (): void => {
    pieces.end();
    joiner.end();
  };
  const end = (): void => {
    if (state.isStopped || hear.isHeld()) return;
    const isWhole = answer.complete && failure === undefined;
    if (isWhole && isAll) finish();
    if (isStopped(state)) return;
    state.isStopped = true;
    hear.done(
      isWhole ? undefined : (failure ?? new Error('the connection was closed in the middle of a log')),
    );
  };
  answer.on('data', write);
  answer.on('error', (error) => (failure ??= error));
  answer.on('close', () => {
    state.isClosed = true;
    end();
  });
  return {
    stop() {
      state.isStopped = true;
      answer.destroy();
    },
    finish() {
      state.isStopped = false;
      finish();
      state.isStopped = true;
    },
    hold: () => answer.pause(),
    release() {
      write(NOTHING);
      if (hear.isHeld()) return;
      if (state.isClosed) end();
      else answer.resume();
    },
  };
}

const NOTHING = Buffer.alloc(0);
const isStopped = (state: { readonly isStopped: boolean }): boolean => state.isStopped;
