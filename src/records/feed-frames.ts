// What the live feeds say. A message over WebSocket is one frame or several, a line of JSON each. Over SSE a record is
// an event with its id and the record as data; every other frame is an event of its type with the frame as data.

/**
 * What a client wants. A record has to match one glob (`*`, `?`) of every list given; a gap comes in any case. In a URL
 * each is a parameter, its globs parted by commas: `?type=container&action=die,oom&container=web-*`.
 */
export interface FeedFilters {
  /** `docker-event`, `container-stats` … */
  readonly kind?: readonly string[];
  /** Of events: container, image, network … */
  readonly type?: readonly string[];
  /** Of events: start, die, `health_status*` … */
  readonly action?: readonly string[];
  /** A container's name or id. */
  readonly container?: readonly string[];
  readonly image?: readonly string[];
  /** Of `key=value`, or of a key alone. */
  readonly label?: readonly string[];
  /** Only these fields of each record, levels parted by dots: `time`, `container.name`. Default: all. */
  readonly fields?: readonly string[];
}

/** The first frame of every connection. */
export interface HelloFrame {
  readonly type: 'hello';
  /** Of this protocol. */
  readonly version: 1;
  /** The pipelines of the process. */
  readonly pipelines: readonly string[];
  /** The id of the newest record: `after` it comes what is new. */
  readonly cursor: string;
}

/** A record of the feed. */
export interface RecordFrame<T = unknown> {
  readonly type: 'record';
  /**
   * `FEED-N`, or `FEED-N.K` for the Kth sample behind the Nth event. Later records have higher numbers. To be given as
   * `after` when the client comes again.
   */
  readonly id: string;
  readonly record: T;
}

/** This client was too slow: so many events, of any kind, had to be left out before it was sent them. */
export interface LostFrame {
  readonly type: 'lost';
  readonly count: number;
}

/** What came after the id that the client gave cannot all be sent; it goes on with what comes next. */
export interface FeedGapFrame {
  readonly type: 'gap';
  /** The id it gave. */
  readonly after: string;
  /** `unknown-id`: it is none of this feed, as after a restart without a journal. `too-old`: the feed goes not so far back. */
  readonly reason: 'unknown-id' | 'too-old';
  /** So many events are missing, of any kind: 0 where that is not known. */
  readonly atLeast: number;
}

/** The answer to a {@link SubscribeMessage}: from here on records come by it. */
export interface SubscribedFrame {
  readonly type: 'subscribed';
  readonly filters: FeedFilters;
}

/** The client's last message was wrong, and changed nothing. */
export interface ErrorFrame {
  readonly type: 'error';
  readonly message: string;
}

/** Everything a feed says. */
export type FeedFrame<T = unknown> =
  HelloFrame | RecordFrame<T> | LostFrame | FeedGapFrame | SubscribedFrame | ErrorFrame;

/** The only message of a client (WebSocket): other filters, in place of those it had. */
export interface SubscribeMessage {
  readonly type: 'subscribe';
  readonly filters: FeedFilters;
}
