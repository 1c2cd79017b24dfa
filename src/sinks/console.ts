import type { QueueOptions } from '../core/bounded-queue.ts';
import { checkOptions } from '../core/check-options.ts';
import { messageOf, PipelineError } from '../core/errors.ts';
import { queued } from '../core/queued.ts';
import type { Writer } from '../core/queued.ts';
import type { Sink } from '../core/types.ts';
import { textOf } from '../records/text.ts';
import { printer } from './console/printer.ts';

/** Options of {@link console}. */
export interface ConsoleOptions {
  /** Where to write: `process.stdout`, the default, or anything like it. It is never closed. */
  readonly stream?: ConsoleStream;
  /** Where it cannot write as fast as records come. */
  readonly queue?: QueueOptions;
}

/** What is used of a stream. */
export interface ConsoleStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  hasColors?(): boolean;
  write(text: string, done: (error?: Error | null) => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
  off(event: 'error', listener: (error: Error) => void): unknown;
}

const FACTORY = 'console';
const DEFAULT_WIDTH = 80;

/**
 * Shows records on the terminal in aligned columns, and as NDJSON in a pipe.
 *
 * Events, readings, and any other record by its fields; a value too
 * long for its column or the line is cut with `…`. Colours as the terminal has them and `NO_COLOR`
 * allows. Where the output is no terminal, in a pipe or a file, it is NDJSON.
 *
 * Errors `SINK_REFUSED` when nobody reads the output any more. Bounds: those of its queue. Loss: only what the queue's policy drops and counts;
 * records without a text are rejected and counted.
 *
 * @example pipeline('watch', dockerEvents(), console({ queue: { policy: 'drop-oldest', capacity: 1_000 } }))
 */
export function console<T>(options: ConsoleOptions = {}): Sink<T> {
  checkOptions(FACTORY, options, { stream: 'any', queue: 'any' });
  const { stream = process.stdout, queue } = options;
  const print = printer();
  const encode = (record: T): string =>
    stream.isTTY === true
      ? print(record, {
          // Some terminals say 0.
          width: stream.columns || DEFAULT_WIDTH,
          colours: stream.hasColors?.() === true,
        })
      : `${textOf(record)}\n`;
  return queued({
    name: FACTORY,
    target: stream === process.stdout ? 'stdout' : 'a stream',
    queue,
    encode,
    sizeOf: (text) => text.length,
    open: () => Promise.resolve(openStream(stream)),
  });
}

function openStream(stream: ConsoleStream): Writer<string> {
  // The stream tells its errors twice: to who has written, and to all.
  const ignore = (): void => undefined;
  stream.on('error', ignore);
  return {
    write: (batch) =>
      new Promise((resolve, reject) => {
        stream.write(batch.join(''), (error) => {
          if (error) reject(refused(error));
          else resolve();
        });
      }),
    close: () => {
      stream.off('error', ignore);
      return Promise.resolve();
    },
  };
}

function refused(error: Error): PipelineError {
  const gone = (error as NodeJS.ErrnoException).code === 'EPIPE';
  const message = gone
    ? 'console: nobody reads the output any more (EPIPE)'
    : `console: cannot write to the output: ${messageOf(error)}`;
  return new PipelineError('SINK_REFUSED', message, { cause: error });
}
