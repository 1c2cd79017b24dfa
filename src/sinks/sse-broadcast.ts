import { checkOptions } from '../core/check-options.ts';
import type { Sink } from '../core/types.ts';
import { feedOptionChecks } from '../feed/check-feed-options.ts';
import { feedSink } from '../feed/feed-sink.ts';
import type { FeedSinkOptions } from '../feed/feed-sink.ts';
import { serveEvents } from './sse-broadcast/serve-events.ts';
import { eventProtocol } from './sse-broadcast/event-protocol.ts';

/** Options of {@link sseBroadcast}. */
export interface SseBroadcastOptions extends FeedSinkOptions {
  /** Default `/sse`. */
  readonly path?: string;
}

const FACTORY = 'sseBroadcast';

/**
 * Sends records to every client that asks for them as server-sent events: `http://127.0.0.1:9808/sse`, each with its id
 * and its JSON as data. Other frames (`FeedFrame`) are events of their type: `hello`, `lost`, `gap`.
 *
 * A client filters by parameters (`?type=container&action=die,oom`). What it missed it gets by `Last-Event-ID`, which
 * browsers send by themselves, or `?after=ID`: from memory, and with `journal` from the disk, over restarts too. There
 * each event comes once, if the run keeps checkpoints (`pipeline run --state DIR`) and the source can replay what came
 * since (`journaled` always can).
 * Errors `SINK_REFUSED` when the address is in use.
 * Bounds: `ringBytes`, `journal.maxBytes`, `maxClients`; for a client 256 KiB, and what the system buffers.
 * Loss: a client that does not keep up gets of each container the newest reading, and all events as long as the feed has
 * them; then a `lost` event says how many it missed. Nobody else waits for it, nor does the pipeline.
 *
 * @example sseBroadcast({ journal: { dir: 'data/feed' } })
 */
export function sseBroadcast<T>(options: SseBroadcastOptions = {}): Sink<T> {
  checkOptions(FACTORY, options, feedOptionChecks(FACTORY));
  const { path = '/sse' } = options;
  return feedSink(
    { name: FACTORY, scheme: 'http', path, protocol: eventProtocol, serve: serveEvents },
    options,
  );
}
