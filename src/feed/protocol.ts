import type { FeedFrame } from '../records/feed-frames.ts';

/** How a message is sent over WebSocket; over SSE there is text only. */
export type Format = 'text' | 'binary';

/** Any frame but a record's. */
export type Notice = Exclude<FeedFrame, { readonly type: 'record' }>;

/** What of the two ways to serve a feed differs on the wire. */
export interface Protocol {
  /** A record's part of a message. */
  readonly record: (id: string, text: string) => string;
  readonly frame: (frame: Notice) => string;
  /** The bytes of a message: made once for all clients that get it. */
  readonly message: (parts: readonly string[], format: Format) => Buffer;
}

/** The connection of one client. */
export interface Connection {
  /** For people. */
  readonly address: string;
  /** Bytes written that the system has not taken yet. */
  readonly waiting: number;
  readonly write: (bytes: Buffer) => void;
  /** Says good-bye behind what has been written. */
  readonly close: (why: 'too-slow' | 'ending') => void;
}
