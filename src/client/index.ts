// For programs and web pages that read a live feed (`websocketBroadcast`): 'dockrx/client'. It needs nothing of Node.
// The types of what a feed says are here, and only here: whoever writes a client of his own finds them too.
import { Observable } from 'rxjs';
import type { FeedFilters } from '../records/feed-frames.ts';
import { connect } from './connect.ts';
import type { ReceivedFrame, SocketClass } from './connect.ts';
import { iterate } from './iterate.ts';

export type { ConnectionFrame, ReceivedFrame, SocketClass } from './connect.ts';
export type {
  ErrorFrame,
  FeedFilters,
  FeedFrame,
  FeedGapFrame,
  HelloFrame,
  LostFrame,
  RecordFrame,
  SubscribedFrame,
  SubscribeMessage,
} from '../records/feed-frames.ts';

/** Options of {@link liveFeed}. */
export interface LiveFeedOptions {
  /** What is wanted. Default: everything. */
  readonly filters?: FeedFilters;
  /** Goes on behind this record. Default: with what is new. */
  readonly after?: string;
  /** Where the feed has one. */
  readonly token?: string;
  /** Default: the platform's own; on Node 20 the one of the package ws. */
  readonly WebSocket?: SocketClass;
  /** How long it waits at first before it connects again, in milliseconds; doubles each time, with jitter. Default 250. */
  readonly minDelayMs?: number;
  /** At most. Default 10,000. */
  readonly maxDelayMs?: number;
}

/**
 * A live feed: everything it says, also when the connection was lost and is there again. It then goes on behind the last
 * record: what is missing all the same is told by a `gap` or `lost` frame.
 */
export interface LiveFeed<T> extends AsyncIterable<ReceivedFrame<T>> {
  /** Each subscription has a connection of its own, for as long as it lasts. It never ends by itself. */
  readonly frames: Observable<ReceivedFrame<T>>;
}

/**
 * Reads a feed at `ws://host:9808/ws`, and connects again for ever. A loop over it that is slow keeps 1,000 frames at most:
 * beyond them it lets the connection go, and comes back for what it missed.
 * Errors: none by itself: a feed that is away or refuses is told by a `connection` frame with the state `away`. Throws, when
 * it is first read, where the platform has no WebSocket and none is given. Loss: what the feed no longer has, told by `gap`
 * and `lost` frames.
 *
 * @example
 * const feed = liveFeed<DockerEvent>('ws://127.0.0.1:9808/ws', { filters: { type: ['container'] } });
 * for await (const frame of feed) if (frame.type === 'record') process.stdout.write(`${frame.record.action}\n`);
 */
export function liveFeed<T = unknown>(url: string, options: LiveFeedOptions = {}): LiveFeed<T> {
  const settings = { url, ...options };
  return {
    frames: new Observable((out) => connect<T>(settings, (frame) => out.next(frame)).close),
    [Symbol.asyncIterator]: () => iterate<T>(settings),
  };
}
