import { checkOptions, whole } from '../core/check-options.ts';
import type { Sink } from '../core/types.ts';
import { feedOptionChecks } from '../feed/check-feed-options.ts';
import { feedSink } from '../feed/feed-sink.ts';
import type { FeedSinkOptions } from '../feed/feed-sink.ts';
import { serveSockets } from './websocket-broadcast/serve-sockets.ts';
import { socketProtocol } from './websocket-broadcast/socket-protocol.ts';

/** Options of {@link websocketBroadcast}. */
export interface WebsocketBroadcastOptions extends FeedSinkOptions {
  /** Default `/ws`. */
  readonly path?: string;
  /** A client is asked so often whether it is there; one that has not answered by the next time is cut off. Default 30 s. */
  readonly pingMs?: number;
}

const FACTORY = 'websocketBroadcast';

/**
 * Sends records to every client that connects: `ws://127.0.0.1:9808/ws`, frames as in
 * `FeedFrame` of 'dockrx/client'.
 *
 * A message is one frame or more, a line of JSON each; binary ones with `?format=binary`. A client filters by
 * parameters (`?type=container&action=die,oom`) or by a `SubscribeMessage`. With `?after=ID` it gets what came behind
 * that record: from memory, and with `journal` from the disk, over restarts too. There each event comes once, if the run
 * keeps checkpoints (`pipeline run --state DIR`) and the source can replay what came since (`journaled` always can).
 * Errors `SINK_REFUSED` when the address is in use.
 * Bounds: `ringBytes`, `journal.maxBytes`, `maxClients`; for a client 256 KiB, and what the system buffers.
 * Loss: a client that does not keep up gets of each container the newest reading, and all events as long as the feed has
 * them; then a `lost` frame says how many it missed. Nobody else waits for it, nor does the pipeline.
 *
 * @example websocketBroadcast({ journal: { dir: 'data/feed' } })
 */
export function websocketBroadcast<T>(options: WebsocketBroadcastOptions = {}): Sink<T> {
  checkOptions(FACTORY, options, { ...feedOptionChecks(FACTORY), pingMs: whole });
  const { path = '/ws', pingMs = 30_000 } = options;
  return feedSink(
    {
      name: FACTORY,
      scheme: 'ws',
      path,
      protocol: socketProtocol,
      serve: (serving) => serveSockets(serving, pingMs),
    },
    options,
  );
}
