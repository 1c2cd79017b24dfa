import { Observable } from 'rxjs';
import type { Subscriber } from 'rxjs';
import type { Backoff } from './backoff.ts';
import { boundedQueue, checkQueue } from './bounded-queue.ts';
import type { BoundedQueue, QueueOptions } from './bounded-queue.ts';
import type { Membership } from './checkpoints.ts';
import { isPatient } from './patience.ts';
import { persistently } from './persistently.ts';
import { sinkStates } from './sink-states.ts';
import type { Json, Sink, SinkSignal } from './types.ts';

/** What a sink's author writes: one asynchronous function that writes a batch. */
export interface Writer<P> {
  /**
   * Writes the batch in order; its promise is the backpressure: there is never a second call before it settles.
   * On a retryable error the same batch comes again; any other ends the pipeline.
   */
  readonly write: (batch: readonly P[]) => Promise<void>;
  /**
   * Makes all that was written durable and says where it ends: what a later run that goes on from here is told as
   * `restored`. Called between two writes, on a retryable error again.
   */
  readonly checkpoint?: () => Promise<Json>;
  /** What `checkpoint` said has been made durable. */
  readonly kept?: (state: Json) => void;
  /** The address at which it answers, where it does: what is told to people in place of `target`. */
  readonly url?: string;
  /** Makes durable and releases; called once, also when the sink is abandoned. */
  readonly close: () => Promise<void>;
}

/** What makes a sink of a writer: see {@link queued}. `T` is a record, `U` what is queued of it, `P` what is written. */
export interface QueuedSink<T, U, P = U> {
  /** The name of the stage, in counters and log lines. */
  readonly name: string;
  /** What is written to, for people: a path, an address. */
  readonly target: string;
  /** The option of the sink's user, as given. */
  readonly queue?: QueueOptions | undefined;
  /** Makes what is queued of a record; an error thrown rejects the record. */
  readonly encode: (record: T) => U;
  /** Bytes, or characters of a text: what `capacityBytes` bounds. */
  readonly sizeOf: (item: U) => number;
  /** Makes one thing to write of what has gathered for a batch, such as a buffer of its lines. Default: the items themselves. */
  readonly pack?: (items: readonly U[]) => P;
  /**
   * `tell` says what is to be known of the sink and stops nothing: a repair, a failure in the background.
   * `membership` is there in a run that takes checkpoints; what was written behind its `restored` will come again.
   */
  readonly open: (tell: (message: string) => void, membership: Membership | undefined) => Promise<Writer<P>>;
  /** A batch is written when it has so many bytes or more, or after so long. Default 64 KiB, 100 ms. */
  readonly batch?: { readonly bytes: number; readonly lingerMs: number };
  /** How long it waits before a batch that met a retryable error comes again. */
  readonly backoff?: Backoff;
}

const mark = Symbol.for('dockrx.ledger');
const MAX_BATCH_RECORDS = 16_384;
/**
 * What has gathered behind a write leaves at once. A socket brings up to 2 MiB a turn of the event loop, and a write
 * ends once a turn: with smaller batches a fast source outruns a fast sink.
 */
const MAX_BATCH_BYTES = 4 * 1024 * 1024;

/**
 * Turns a writer into a sink with a bounded queue, the only one of a pipeline, at its edge.
 *
 * Bounds: those of {@link QueueOptions}; a batch has at most 16,384 records and 4 MiB, and half of the capacity.
 * Errors: what `write` throws with the code `SINK_UNAVAILABLE` brings the same batch again, for ever, with backoff; any
 * other error ends the pipeline. Loss: what the policy drops, and records that `encode` throws at, each counted by reason.
 *
 * @example
 * import { appendFile } from 'node:fs/promises';
 *
 * queued({
 *   name: 'lines',
 *   target: 'events.txt',
 *   encode: (event: DockerEvent) => `${event.time} ${event.action}\n`,
 *   sizeOf: (line) => line.length,
 *   open: async () => ({
 *     write: (batch) => appendFile('events.txt', batch.join('')),
 *     close: async () => {},
 *   }),
 * })
 */
export function queued<T, U, P = U>(sink: QueuedSink<T, U, P>): Sink<T> {
  checkQueue(sink.name, sink.queue);
  const open = (records: Observable<T>): Observable<SinkSignal> =>
    new Observable((out) => consume(records, sink, out));
  return keepingLedger(sink.name, open);
}

/** A sink that tells its own books of the records as they are, under its name. */
export function keepingLedger<T>(name: string, sink: Sink<T>): Sink<T> {
  return Object.defineProperties(sink, { name: { value: name }, [mark]: { value: true } });
}

/** Whether a sink was made by {@link keepingLedger}, as `queued` does: a branch in front of it hides it. */
export const keepsLedger = (sink: object): boolean => mark in sink;

function consume<T, U, P>(
  records: Observable<T>,
  sink: QueuedSink<T, U, P>,
  out: Subscriber<SinkSignal>,
): () => void {
  const { bytes: batchBytes, lingerMs } = sink.batch ?? { bytes: 64 * 1024, lingerMs: 100 };
  const { pack } = sink;
  const options: QueueOptions | undefined = isPatient() ? { ...sink.queue, policy: 'pause' } : sink.queue;
  const queue =
    pack === undefined
      ? (boundedQueue<U>(options) as unknown as BoundedQueue<U, P>)
      : boundedQueue<U, P>(options, { bytes: batchBytes, pack });
  const abandoned = new AbortController();
  let paused = false;
  let ended = false;
  let broken: { readonly error: unknown } | undefined;
  let wake: (() => void) | undefined;
  let writer: Writer<P> | undefined;
  const states = sinkStates({
    name: `${sink.name} ${sink.target}`,
    queue,
    asked: () => wake?.(),
    broken: () => broken,
    kept: (state) => writer?.kept?.(state),
  });

  const batchReady = (): boolean => ended || states.isAsked || queue.holds(MAX_BATCH_RECORDS, batchBytes);

  const steer = (): void => {
    if (queue.full === paused) return;
    paused = queue.full;
    out.next({ type: paused ? 'pause' : 'resume' });
  };

  const accept = (record: T): void => {
    let item: U;
    let bytes: number;
    try {
      item = sink.encode(record);
      bytes = sink.sizeOf(item);
    } catch {
      queue.reject('unencodable');
      return;
    }
    queue.offer(item, bytes);
    steer();
    if (wake !== undefined && (queue.waiting === 1 || batchReady())) wake();
  };

  /** Resolves at the next `wake`, or after so long. */
  const woken = async (ms?: number): Promise<void> => {
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      wake = () => {
        wake = undefined;
        resolve();
      };
      if (ms !== undefined) timer = setTimeout(wake, ms);
    });
    clearTimeout(timer);
  };

  /** Tries for as long as that can help and nobody has abandoned the sink. */
  const persist = <R>(attempt: () => Promise<R>): Promise<R> =>
    persistently(attempt, {
      backoff: sink.backoff,
      signal: abandoned.signal,
      tell: (fact) => out.next(fact),
    });

  const stateOf = ({ checkpoint }: Writer<P>): Promise<Json> =>
    checkpoint === undefined ? Promise.resolve(null) : persist(checkpoint);

  const deliver = async (writer: Writer<P>): Promise<void> => {
    for (;;) {
      while (queue.waiting === 0 && !ended && !queue.atMark) await woken();
      if (queue.atMark) {
        const state = stateOf(writer);
        states.answer(state);
        await state;
        continue;
      }
      if (!batchReady()) await woken(lingerMs);
      if (queue.waiting === 0 || abandoned.signal.aborted) return;
      const batch = queue.take(MAX_BATCH_RECORDS, MAX_BATCH_BYTES);
      if (batch.length > 0) await persist(() => writer.write(batch));
      out.next({ type: 'delivered', count: queue.settle() });
      steer();
    }
  };

  /** Returns the state it ends with. */
  const work = async (): Promise<Json> => {
    const tell = (message: string): void => out.next({ type: 'notice', message });
    const opened = (writer = await persist(() => sink.open(tell, states.membership)));
    let state: Json = null;
    const { target } = sink;
    const { url } = opened;
    out.next(
      url === undefined
        ? { type: 'opened', target }
        : { type: 'opened', target: url, serves: true, announced: target },
    );
    try {
      await deliver(opened);
      if (states.membership !== undefined && !abandoned.signal.aborted) state = await stateOf(opened);
    } catch (error) {
      broken ??= { error };
    }
    try {
      await opened.close();
    } catch (error) {
      broken ??= { error };
    }
    if (broken !== undefined) throw broken.error;
    return state;
  };

  const end = (): void => {
    ended = true;
    wake?.();
  };
  out.next({ type: 'open', ledger: queue.ledger, target: sink.target, lingerMs });
  const working = work();
  working.then(
    () => {
      states.end(working);
      out.complete();
    },
    (error: unknown) => {
      states.end(working);
      out.error(error);
    },
  );
  const input = records.subscribe({
    next: accept,
    // An operator of a branch has failed: what came before is delivered, then the error is passed on.
    error: (error: unknown) => {
      broken = { error };
      end();
    },
    complete: end,
  });
  return () => {
    input.unsubscribe();
    abandoned.abort();
    end();
  };
}
