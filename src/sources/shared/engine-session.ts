import { setMaxListeners } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { Observable } from 'rxjs';
import { PipelineError } from '../../core/errors.ts';
import type { Tell } from '../../core/define-source.ts';
import type { SourceCounts } from '../../core/types.ts';
import type { Engine, EngineConnection } from '../../engine/engine.ts';
import { readLines } from '../../engine/lines.ts';

/** Connects to the engine, says so, and reads what `use` makes of the connection; unsubscribing closes it. */
export function engineSession<T>(
  engine: Engine,
  tell: Tell,
  use: (connection: EngineConnection, signal: AbortSignal) => Observable<T>,
): Observable<T> {
  return new Observable((out) => {
    const aborting = new AbortController();
    // Many requests listen to it at once: as many as there are containers to be asked about.
    setMaxListeners(0, aborting.signal);
    engine.connect(aborting.signal).then(
      (connection) => {
        if (out.closed) return connection.close();
        tell({ type: 'connected', to: connection.address, simulated: connection.simulated });
        out.add(use(connection, aborting.signal).subscribe(out));
      },
      (error: unknown) => out.error(error),
    );
    return () => aborting.abort();
  });
}

export interface AnswerLines {
  readonly maxBytes: number;
  readonly tell: Tell;
  /** Where each line is a record. */
  readonly counts?: SourceCounts;
}

/** The lines of an answer, as they come; completes when the engine ends it cleanly, errors when it is cut. */
export function answerLines(
  answer: Promise<IncomingMessage>,
  address: string,
  { maxBytes, tell, counts }: AnswerLines,
): Observable<string> {
  const received = (): void => {
    if (counts !== undefined) counts.received += 1;
  };
  const tooLong = (): void => {
    received();
    tell(
      counts === undefined
        ? { type: 'notice', message: `passed over a line of more than ${maxBytes} bytes from ${address}` }
        : { type: 'rejected', reason: 'too-long', count: 1 },
    );
  };
  return new Observable((out) => {
    answer.then(
      (response) => {
        const stop = readLines(
          response,
          {
            maxBytes,
            line: (text) => {
              received();
              out.next(text);
            },
            bad: (reason) =>
              reason === 'too-long'
                ? tooLong()
                : tell({
                    type: 'notice',
                    message: 'a line was not UTF-8; it is kept with replacement characters',
                  }),
          },
          (error) => (error === undefined ? out.complete() : out.error(cut(address, error))),
        );
        out.add(stop);
      },
      (error: unknown) => out.error(error),
    );
  });
}

const cut = (address: string, cause: Error): PipelineError =>
  new PipelineError(
    'SOURCE_UNAVAILABLE',
    `the engine at ${address} broke off its answer (${cause.message})`,
    { cause },
  );
