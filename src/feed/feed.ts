import type { FeedFilters } from '../records/feed-frames.ts';
import { catchUpWith } from './catch-up.ts';
import { createChannels } from './channels.ts';
import type { Member } from './channels.ts';
import type { History } from './history.ts';
import { createPace } from './pace.ts';
import { isBehind, readId, showId } from './position.ts';
import type { Position } from './position.ts';
import type { Connection, Format, Notice, Protocol } from './protocol.ts';
import { createRing } from './ring.ts';
import type { RingLimits } from './ring.ts';

export interface FeedOptions {
  /** Begins every id. */
  readonly name: string;
  readonly protocol: Protocol;
  readonly ring: RingLimits;
  /** What was published in earlier runs too. */
  readonly history: History | undefined;
  /** A client may be so many bytes of events behind; one that is further behind, and does not catch up, has so long. */
  readonly clientBytes: number;
  readonly graceMs: number;
  readonly pipelines: () => readonly string[];
  readonly tell: (message: string) => void;
}

/** A record to be published. */
export interface Item {
  readonly record: unknown;
  readonly text: string;
  /** Of a sample: what it is a reading of. */
  readonly key: string | undefined;
}

export interface Joining {
  readonly filters: FeedFilters;
  readonly format: Format;
  /** The id of the last record it has. */
  readonly after: string | undefined;
}

/** A client of the feed. */
export interface Client {
  /** From here on it is sent what these let through. */
  readonly change: (filters: FeedFilters) => void;
  readonly say: (...frames: readonly Notice[]) => void;
  /** Its connection has room again. */
  readonly drained: () => void;
  readonly leave: () => void;
}

/** Sends records to all its clients, each at its own speed. Nothing waits for a client. */
export interface Feed {
  readonly publish: (items: readonly Item[]) => void;
  readonly join: (connection: Connection, joining: Joining) => Client;
  /** Sends what is left, and says good-bye to all. */
  readonly end: () => void;
}

/** A client that has not taken so many bytes gets no more before it has. */
const CONNECTION_BYTES = 256 * 1024;
/** A message is made before so much has been gathered for it. */
const MESSAGE_CHARACTERS = 256 * 1024;
const JUDGE_MS = 1_000;

export function createFeed(options: FeedOptions): Feed {
  const { name, protocol, history, clientBytes, graceMs, pipelines, tell } = options;
  let published: Position = { event: history?.end ?? 0, sample: 0 };
  /** Up to here live clients have been sent everything. */
  let sent = published;
  let characters = 0;
  const ring = createRing(options.ring, published);
  const channels = createChannels(name, protocol, () => ring.read(sent, published, Infinity));
  const members = new Set<Member>();
  const isLive = (member: Member): boolean => member.channel.live.has(member);
  const catchUp = catchUpWith({
    ...{ ring, history, protocol, tell },
    sent: () => sent,
    caughtUp: (member) => member.channel.live.add(member),
  });

  const send = (): number => {
    let messages = 0;
    sent = published;
    characters = 0;
    for (const channel of channels.all.values()) {
      const { parts, live, format } = channel;
      channel.parts = [];
      if (parts.length === 0 || live.size === 0) continue;
      const bytes = protocol.message(parts, format);
      messages += live.size;
      for (const member of live) {
        member.connection.write(bytes);
        if (member.connection.waiting <= CONNECTION_BYTES) continue;
        live.delete(member);
        member.at = sent;
      }
    }
    return messages;
  };
  const pace = createPace(send);

  const leave = (member: Member): void => {
    if (!members.delete(member)) return;
    member.isGone = true;
    channels.leave(member);
  };
  /** Sends away whoever is too far behind, and does not catch up. */
  const judge = (nowMs: number): void => {
    for (const member of members) {
      const { at, connection } = member;
      const before = member.eventsBehind;
      const behind = (member.eventsBehind = isLive(member) ? 0 : sent.event - at.event);
      const isOver = behind > 0 && (isBehind(at, ring.reachesBackTo) || ring.bytesBehind(at) > clientBytes);
      if (!isOver || behind < before) member.overSinceMs = undefined;
      else member.overSinceMs ??= nowMs;
      if (member.overSinceMs === undefined || nowMs - member.overSinceMs < graceMs) continue;
      tell(`${connection.address} reads too slowly, it is ${behind} events behind: sent away`);
      leave(member);
      connection.close('too-slow');
    }
  };
  const timer = setInterval(() => judge(performance.now()), JUDGE_MS);

  return {
    publish(items) {
      for (const { record, text, key } of items) {
        const { event, sample } = published;
        published = key === undefined ? { event: event + 1, sample: 0 } : { event, sample: sample + 1 };
        ring.add(published, text, key);
        let made: string | undefined;
        const whole = (): string => (made ??= protocol.record(showId(name, published), text));
        for (const channel of channels.all.values()) {
          const part = channel.part(published, record, whole);
          if (part !== undefined) channel.parts.push(part);
        }
        characters += text.length;
        if (characters > MESSAGE_CHARACTERS) pace.send();
      }
      if (isBehind(sent, published)) pace.ask();
    },
    join(connection, { filters, format, after }) {
      const at = after === undefined ? sent : readId(name, after);
      const isKnown = at !== undefined && at.event <= sent.event;
      const channel = channels.find(filters, format);
      const member: Member = {
        ...{ connection, channel, at: isKnown ? at : sent, after: isKnown ? after : undefined },
        ...{ isGone: false, reader: undefined, isReading: false, eventsBehind: 0, overSinceMs: undefined },
      };
      members.add(member);
      channel.members.add(member);
      const say = (...frames: readonly Notice[]): void =>
        connection.write(protocol.message(frames.map(protocol.frame), format));
      const cursor = showId(name, sent);
      say(
        { type: 'hello', version: 1, pipelines: pipelines(), cursor },
        ...(isKnown || after === undefined
          ? []
          : [{ type: 'gap', after, reason: 'unknown-id', atLeast: 0 } as const]),
      );
      catchUp(member);
      return {
        change(next) {
          if (isLive(member)) member.at = sent;
          channels.leave(member);
          member.channel = channels.find(next, format);
          member.channel.members.add(member);
          say({ type: 'subscribed', filters: next });
          catchUp(member);
        },
        say,
        drained: () => catchUp(member),
        leave: () => leave(member),
      };
    },
    end() {
      clearInterval(timer);
      pace.stop();
      send();
      for (const member of members) {
        leave(member);
        member.connection.close('ending');
      }
    },
  };
}
