import type { FeedFilters } from '../records/feed-frames.ts';
import { textOf } from '../records/text.ts';
import { viewOf } from './filters.ts';
import type { LogReader } from './log-reader.ts';
import { showId } from './position.ts';
import type { Position } from './position.ts';
import type { Connection, Format, Protocol } from './protocol.ts';
import type { Entry } from './ring.ts';

/** The clients that see the feed in the same way: what they are sent is made once. */
export interface Channel {
  readonly format: Format;
  readonly members: Set<Member>;
  /** Those of them that have been sent all there was to send. */
  readonly live: Set<Member>;
  /** Of the next message to them. */
  parts: string[];
  /** A record as they see it, as a part of a message; nothing where they do not. `whole`: its part as all of it is seen. */
  readonly part: (position: Position, record: unknown, whole: () => string) => string | undefined;
  /** The same of a record of which only the text is kept. */
  readonly partOf: (entry: Entry) => string | undefined;
}

/** A client. */
export interface Member {
  readonly connection: Connection;
  channel: Channel;
  /** Up to where it has been sent everything; of no meaning while it is live. */
  at: Position;
  /** The id that it gave, until it has been sent what came behind it. */
  after: string | undefined;
  isGone: boolean;
  /** While it is sent what the ring has no more. */
  reader: LogReader | undefined;
  isReading: boolean;
  /** How many events it was behind when it was last looked at. */
  eventsBehind: number;
  /** Since when it has been too far behind without catching up. */
  overSinceMs: number | undefined;
}

export interface Channels {
  readonly all: ReadonlyMap<string, Channel>;
  /** The one for these filters. Whoever enters is to be added to its members. */
  readonly find: (filters: FeedFilters, format: Format) => Channel;
  readonly leave: (member: Member) => void;
}

/** `pending`: what has been published and is still to be sent. */
export function createChannels(name: string, protocol: Protocol, pending: () => readonly Entry[]): Channels {
  const all = new Map<string, Channel>();
  const create = (filters: FeedFilters, format: Format): Channel => {
    const { isWhole, isPicked, matches, pick } = viewOf(filters);
    const part: Channel['part'] = (position, record, whole) => {
      if (isWhole) return whole();
      if (!matches(record)) return undefined;
      return isPicked ? protocol.record(showId(name, position), textOf(pick(record))) : whole();
    };
    const partOf: Channel['partOf'] = (entry) =>
      part(entry, isWhole ? undefined : JSON.parse(entry.text), () =>
        protocol.record(showId(name, entry), entry.text),
      );
    const parts = pending().flatMap((entry) => partOf(entry) ?? []);
    return { format, members: new Set(), live: new Set(), parts, part, partOf };
  };
  return {
    all,
    find(filters, format) {
      const key = `${format} ${viewOf(filters).key}`;
      const channel = all.get(key) ?? create(filters, format);
      all.set(key, channel);
      return channel;
    },
    leave(member) {
      const { channel } = member;
      channel.live.delete(member);
      channel.members.delete(member);
      if (channel.members.size > 0) return;
      for (const [key, other] of all) if (other === channel) all.delete(key);
    },
  };
}
