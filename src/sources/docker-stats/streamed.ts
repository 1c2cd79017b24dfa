import { Observable } from 'rxjs';
import type { Subscription } from 'rxjs';
import { backoffMs } from '../../core/backoff.ts';
import type { Tell } from '../../core/define-source.ts';
import { messageOf } from '../../core/errors.ts';
import type { SourceCounts } from '../../core/types.ts';
import type { EngineConnection } from '../../engine/engine.ts';
import type { ContainerInfo } from '../../records/container-stats.ts';
import { answerLines } from '../shared/engine-session.ts';
import type { ContainerChange } from './follow-containers.ts';
import { slots } from '../shared/slots.ts';

/** A stats answer of one container, unparsed. */
export interface Reading {
  readonly container: ContainerInfo;
  readonly line: string;
}

export interface ReadingOptions {
  readonly everyMs: number;
  readonly maxLineBytes: number;
  readonly tell: Tell;
  readonly counts: SourceCounts;
}

interface Stream {
  container: ContainerInfo;
  /** When the next reading is due; nothing before the first. */
  dueMs: number;
  /** How often in a row it could not be read. */
  attempts: number;
  reading?: Subscription;
  again?: NodeJS.Timeout;
}

/** How much sooner than due a reading may come: the engine's period is a second and a little, never exact. */
const EARLY_MS = 500;
/** Streams being opened at once: a socket takes only so many connections that nobody has accepted yet. */
const OPENING = 256;
/** Some engines send headers only with the first reading: who waits for that no longer holds up the next. */
const SLOW_MS = 250;

/**
 * One open stats stream a running container: the engine sends a reading a second and what is not due is passed over
 * unparsed. A stream that breaks off is opened again for as long as its container runs; the others do not notice.
 */
export function streamedReadings(
  connection: EngineConnection,
  signal: AbortSignal,
  changes: Observable<ContainerChange>,
  { everyMs, maxLineBytes, tell, counts }: ReadingOptions,
): Observable<Reading> {
  return new Observable((out) => {
    const streams = new Map<string, Stream>();
    const openings = slots(OPENING, SLOW_MS);

    const onLine = (stream: Stream, line: string): void => {
      stream.attempts = 0;
      const now = performance.now();
      if (now < stream.dueMs - EARLY_MS) {
        counts.filtered += 1;
        return;
      }
      // From when it was due and not from now: else every period would be as much too long as the reading was late.
      stream.dueMs = (now - stream.dueMs < everyMs ? stream.dueMs : now) + everyMs;
      out.next({ container: stream.container, line });
    };
    const open = async (id: string, stream: Stream): Promise<void> => {
      const isWanted = (): boolean => streams.get(id) === stream;
      if (!isWanted()) return;
      const reopen = (error?: unknown): void => {
        if (!isWanted()) return;
        stream.attempts += 1;
        // The first time it may be the whole engine that goes away, or the container.
        if (stream.attempts === 2 && error !== undefined) tell({ type: 'notice', message: messageOf(error) });
        const delayMs = backoffMs(stream.attempts, { firstMs: 1000 });
        stream.again = setTimeout(() => start(id, stream), delayMs);
      };
      const answer = connection.stats(id, { stream: true }, signal);
      stream.reading = answerLines(answer, connection.address, {
        maxBytes: maxLineBytes,
        tell,
        counts,
      }).subscribe({
        next: (line) => onLine(stream, line),
        error: reopen,
        complete: () => reopen(),
      });
      await answer.then(
        () => undefined,
        () => undefined,
      );
    };
    const start = (id: string, stream: Stream): void => openings.start(() => open(id, stream));
    const close = (id: string): void => {
      const stream = streams.get(id);
      streams.delete(id);
      stream?.reading?.unsubscribe();
      clearTimeout(stream?.again);
    };

    out.add(() => {
      openings.clear();
      [...streams.keys()].forEach(close);
    });
    out.add(
      changes.subscribe({
        next: (change) => {
          if (change.type === 'down') return close(change.id);
          const { container } = change;
          const known = streams.get(container.id);
          if (known !== undefined) {
            known.container = container;
            return;
          }
          const stream: Stream = { container, dueMs: -Infinity, attempts: 0 };
          streams.set(container.id, stream);
          start(container.id, stream);
        },
        error: (error: unknown) => out.error(error),
      }),
    );
  });
}
