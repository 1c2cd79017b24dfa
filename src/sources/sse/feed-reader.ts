import type { FeedFrame } from '../../records/feed-frames.ts';
import type { Gap } from '../../records/gap.ts';

/** What another dockrx says of its feed, beside records. */
export interface FeedReader {
  /** The place that it goes on from, and what it could not send, as a record. */
  readonly hear: (
    type: string,
    data: string,
    nowMs: number,
  ) => { readonly cursor: string | undefined; readonly gap: Gap | undefined };
  /** A record has come: of its host and time are the gaps behind it. */
  readonly saw: (record: unknown) => void;
}

/** `host`: whose records are missing, before one has come. Another server's events of the same types say nothing. */
export function feedReader(host: string): FeedReader {
  let cursor: string | undefined;
  let fromHost = host;
  let fromTime: string | undefined;
  const gapOf = (reason: string, atLeast: number, nowMs: number): Gap => {
    const time = new Date(nowMs).toISOString();
    return {
      ...{ kind: 'gap', type: 'gap', host: fromHost, time },
      ...{ fromTime: fromTime ?? time, toTime: time, reason, atLeast },
    };
  };
  return {
    hear(type, data, nowMs) {
      const frame = frameOf(type, data);
      const isHello = frame?.type === 'hello';
      if (isHello) cursor = frame.cursor;
      if (frame === undefined || cursor === undefined) return { cursor: undefined, gap: undefined };
      if (frame.type === 'lost') return { cursor: undefined, gap: gapOf('feed-behind', frame.count, nowMs) };
      if (frame.type === 'gap')
        return {
          cursor: frame.reason === 'unknown-id' ? cursor : undefined,
          gap: gapOf(`feed-${frame.reason}`, frame.atLeast, nowMs),
        };
      return { cursor: isHello ? cursor : undefined, gap: undefined };
    },
    saw(record) {
      const { host: own, time } = Object(record) as { readonly host?: unknown; readonly time?: unknown };
      if (typeof own === 'string') fromHost = own;
      if (typeof time === 'string') fromTime = time;
    },
  };
}

function frameOf(type: string, data: string): FeedFrame | undefined {
  try {
    const frame = Object(JSON.parse(data)) as FeedFrame;
    const isOurs =
      frame.type === type &&
      (frame.type !== 'hello' || (frame as { readonly version: unknown }).version === 1);
    return isOurs ? frame : undefined;
  } catch {
    return undefined;
  }
}
