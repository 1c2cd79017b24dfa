import { Observable } from 'rxjs';
import { checkOptions, flag, texts, whole } from '../core/check-options.ts';
import type { Check } from '../core/check-options.ts';
import { keepingLedger } from '../core/queued.ts';
import type { Sink } from '../core/types.ts';
import { checkAccess, checkMount } from '../feed/feed-sink.ts';
import { createGuard } from '../feed/guard.ts';
import { DEFAULT_LISTEN, listenAddress, parseListen } from '../http/address.ts';
import type { HttpMount } from '../http/open-http.ts';
import { serve } from './live-page/serve.ts';

/** Options of {@link livePage}. */
export interface LivePageOptions {
  /** `HOST:PORT`: where the feed is. Default `127.0.0.1:9808`. */
  readonly listen?: string;
  /** Default `/live`. */
  readonly path?: string;
  /** The path of the `websocketBroadcast` that the page follows. Default `/ws`. */
  readonly feed?: string;
  /** As of the feed: the page is then opened at `…/live/?token=TOKEN`. */
  readonly token?: string;
  /** As of the feed. */
  readonly insecure?: boolean;
  /** As of the feed. */
  readonly origins?: readonly string[];
  /** How many of the last events a page begins with. Default 500. */
  readonly events?: number;
}

const FACTORY = 'livePage';
const isPath: Check = (value) =>
  (typeof value === 'string' && /^(\/[\w.-]+)+$/.test(value)) || "a path, such as '/live'";

/**
 * Serves a page for people: what runs, what it uses, what happened, and what passes through the pipelines of this
 * process. It keeps the newest facts and reading of each container, for a page that begins; all that follows comes to it
 * by the feed of a `websocketBroadcast` in the same pipeline, at the same address. It takes `ContainerFacts`,
 * `DerivedStats`, `EngineInfo`, `DockerEvent`, `OomKill` and `Gap`; of other records it shows nothing. It never pauses a
 * source.
 * The page asks no other host for anything, and nothing that changes anything is offered. Where a token is needed its
 * files come without one, and show nothing.
 * Bounds: 10,000 containers, `events`.
 * Errors: `SINK_REFUSED` when the address is in use, or the page is not built.
 *
 * @example
 * pipeline('live', from(dockerContainers(), dockerStats(), dockerEvents()), derive(), [
 *   websocketBroadcast(),
 *   livePage(),
 * ])
 */
export function livePage<T>(options: LivePageOptions = {}): Sink<T> {
  checkOptions(FACTORY, options, {
    listen: listenAddress,
    path: isPath,
    feed: isPath,
    token: (value) =>
      (typeof value === 'string' && /^[\x21-\x7e]{8,}$/.test(value)) ||
      'a text of 8 characters or more, without spaces',
    insecure: flag,
    origins: texts,
    events: whole,
  });
  const { listen = DEFAULT_LISTEN, path = '/live', feed = '/ws', token, origins = [] } = options;
  checkAccess(FACTORY, parseListen(listen)!.host, options);
  return keepingLedger(
    FACTORY,
    (records) =>
      new Observable((out) => {
        const guard = createGuard({ token, origins, maxClients: 100, maxClientsPerAddress: 100 });
        const settings = {
          ...{ listen, path, feed, happenings: options.events ?? 500, guard },
          check: (mount: HttpMount) => checkMount(FACTORY, mount, options),
        };
        return serve(records, settings, out);
      }),
  );
}
