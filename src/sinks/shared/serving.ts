import type { Observable, Subscriber } from 'rxjs';
import { persistently } from '../../core/persistently.ts';
import type { SinkSignal } from '../../core/types.ts';
import { openHttp } from '../../http/open-http.ts';
import type { HttpMount } from '../../http/open-http.ts';
import { openLedger } from './ledger.ts';

export type Leave = () => Promise<void>;

/** What a sink that serves does with records, and for those who ask. */
export interface Serving<T> {
  readonly listen: string;
  /** Of what it tells people; the others are its own business. */
  readonly path: string;
  /** False where the record could not be read. */
  readonly take: (record: T) => boolean;
  /** Mounts its answers, and returns how to let go of them and of the server. Where it throws the server is let go of. */
  readonly mount: (http: HttpMount) => Leave | Promise<Leave>;
}

/**
 * Takes every record at once, and serves until they end. An address that cannot be had at the moment is tried again.
 * Returns how to let go before.
 */
export function serving<T>(
  records: Observable<T>,
  { listen, path, take, mount }: Serving<T>,
  out: Subscriber<SinkSignal>,
): () => void {
  const say = (signal: SinkSignal): void => out.next(signal);
  const ledger = openLedger((count) => say({ type: 'delivered', count }));
  const announced = `http://${listen}${path}`;
  say({ type: 'open', ledger: ledger.view, target: announced });

  const show = async (): Promise<Leave> => {
    const http = await openHttp(listen, (message) => say({ type: 'notice', message }));
    try {
      const leave = await mount(http);
      say({ type: 'opened', target: http.url + path, serves: true, announced });
      return leave;
    } catch (error) {
      await http.release();
      throw error;
    }
  };
  const abandoned = new AbortController();
  const showing = persistently(show, { backoff: undefined, signal: abandoned.signal, tell: say });
  /** Lets go of the server, also of one that is about to be opened. */
  const close = async (): Promise<void> => {
    ledger.flush();
    abandoned.abort();
    const leave = await showing.catch(unlessAborted);
    await leave?.();
  };
  const fail = (error: unknown): void => out.error(error);
  showing.catch(unlessAborted).catch(fail);
  const input = records.subscribe({
    next: (record) => ledger.note(take(record)),
    error: (error: unknown) => void close().then(() => fail(error), fail),
    complete: () => void close().then(() => out.complete(), fail),
  });
  return () => {
    input.unsubscribe();
    void close().catch(() => undefined);
  };
}

/** An error, but that of a waiting that was given up. */
function unlessAborted(error: unknown): undefined {
  if ((error as Error).name !== 'AbortError') throw error;
}
