import { catchError, Subject, throwError } from 'rxjs';
import type { Observable } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import { messageOf } from '../core/errors.ts';
import type { Pipeline } from '../core/types.ts';

/** A record at its time, in milliseconds from the beginning. */
export interface Moment {
  readonly ms: number;
  readonly record: unknown;
}

/** What all sources of a pipeline bring, in order; they end at `endMs`, or stay open. */
export interface TimeLine {
  readonly moments: Iterable<Moment>;
  readonly endMs?: number | undefined;
  /** A timer that is due in the millisecond of a record comes before it, as in a replay; else behind it, as RxJS's tests have it. */
  readonly timersFirst?: boolean;
}

/** What reaches the sinks, and when the stream to them ends. */
export interface Played {
  readonly moments: readonly Moment[];
  readonly endMs?: number | undefined;
}

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
/** What may come without a further record: an operator that emits for ever is found out by it. */
const MAX_LATE = 10_000;

/**
 * Plays records through a pipeline's operators in virtual time. Sources that stay open do so for a day: then all that
 * waits for a time has come. Throws what an operator throws, with its place and time.
 */
export function play(pipeline: Pipeline, given: TimeLine): Played {
  const scheduler = new TestScheduler(() => undefined);
  return scheduler.run(({ flush }) => {
    const source = new Subject<unknown>();
    const out: Moment[] = [];
    let endMs: number | undefined;
    let failure: { readonly error: unknown } | undefined;
    const advance = (ms: number): void => {
      scheduler.maxFrames = ms;
      flush();
      scheduler.frame = ms;
    };
    const arrive = (ms: number): void => {
      if (ms <= scheduler.frame) return;
      advance(given.timersFirst === true ? ms : ms - SHORTLY);
      scheduler.frame = ms;
    };
    const subscription = through(source, pipeline, () => scheduler.now()).subscribe({
      next: (record) => out.push({ ms: scheduler.now(), record }),
      error: (error: unknown) => (failure = { error }),
      complete: () => (endMs = scheduler.now()),
    });
    const isOver = (): boolean => failure !== undefined || endMs !== undefined;

    for (const { ms, record } of given.moments) {
      if (isOver()) break;
      arrive(ms);
      source.next(record);
    }
    if (given.endMs !== undefined) {
      arrive(given.endMs);
      source.complete();
    }
    const before = out.length;
    for (const untilMs = scheduler.frame + DAY; !isOver() && scheduler.frame < untilMs;) {
      advance(scheduler.frame + MINUTE);
      if (out.length - before > MAX_LATE)
        throw new Error(
          `${pipeline.name}: it goes on to emit when nothing more is given; end the diagram with | where its sources are to end`,
        );
    }
    subscription.unsubscribe();
    if (failure !== undefined) throw failure.error;
    return { moments: out, endMs };
  });
}

/** Less than any timer waits. */
const SHORTLY = 1e-3;

function through(
  source: Observable<unknown>,
  { name, operators }: Pipeline,
  now: () => number,
): Observable<unknown> {
  let failed: Error | undefined;
  return operators.reduce<Observable<unknown>>(
    (flow, operator, i) =>
      operator(flow).pipe(
        catchError((error: unknown) => {
          const stage = operator.name || `operator-${i + 1}`;
          failed ??= new Error(`${name}: ${stage} failed at ${now()} ms: ${messageOf(error)}`, {
            cause: error,
          });
          return throwError(() => failed);
        }),
      ),
    source,
  );
}
