import { EventSource } from 'eventsource';
import { Observable } from 'rxjs';
import type { Subscriber } from 'rxjs';
import { callback, checkOptions, shown, texts, whole } from '../core/check-options.ts';
import { defineSource } from '../core/define-source.ts';
import type { Tell } from '../core/define-source.ts';
import { PipelineError } from '../core/errors.ts';
import { readerLimit } from '../core/reader-limit.ts';
import type { Json, Source, SourceCounts } from '../core/types.ts';
import type { Gap } from '../records/gap.ts';
import type { SseEvent } from '../records/sse-event.ts';
import { TOO_LARGE } from './sse/bounded-events.ts';
import { boundedFetch } from './sse/bounded-fetch.ts';
import { feedReader } from './sse/feed-reader.ts';
import { failureOf, shownUrl } from './sse/failure.ts';

/** Options of {@link sse}. */
export interface SseOptions<T> {
  /** `http://host:9808/sse` of another dockrx, or any other stream of server-sent events. */
  readonly url: string;
  /** Such as `{ Authorization: 'Bearer …' }`. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The types of events that are read. Default: `message`, which is those without a type. */
  readonly types?: readonly string[];
  /** Makes a record of an event, or nothing; an error thrown rejects the event. Default: reads its data as JSON. */
  readonly parse?: (event: SseEvent) => T | undefined;
  /** Larger events are rejected and counted. Default 1 MiB. */
  readonly maxEventBytes?: number;
}

const FACTORY = 'sse';

/**
 * Records from a stream of server-sent events: of another dockrx (`sseBroadcast`), or of anybody.
 *
 * Goes on behind the last event that had an id (`Last-Event-ID`), within a process and, where its cursor is kept, over
 * restarts. Emits a {@link Gap} where another dockrx says that it could not send all. Completes when the server says
 * that there is no more (204).
 * Errors: `SOURCE_UNAVAILABLE` when the server is away, `SOURCE_REFUSED` when it answers with an error or something else
 * before it ever worked.
 * Bounds: one event of `maxEventBytes`.
 * Loss: what the server does not send again; while the sinks are full, too, for the connection is closed then.
 * Truth: HTML standard, server-sent events; package eventsource.
 *
 * @example
 * sse<DockerEvent | ContainerStats>({
 *   url: 'http://10.0.0.7:9808/sse',
 *   headers: { Authorization: `Bearer ${process.env['DOCKRX_TOKEN']}` },
 * })
 */
export function sse<T>(options: SseOptions<T>): Source<T | Gap> {
  checkOptions(FACTORY, options, {
    url: (value) =>
      (typeof value === 'string' && /^https?:/.test(value) && URL.canParse(value)) || 'an http or https URL',
    headers: 'any',
    types: texts,
    parse: callback,
    maxEventBytes: whole,
  });
  if ((options as Partial<SseOptions<T>>).url === undefined)
    throw new PipelineError('CONFIG_INVALID', `${FACTORY}: give it the url of a stream`);
  const oneReader = readerLimit(FACTORY);
  const place: Place = { id: undefined, hasWorked: false };
  return defineSource<T | Gap>({
    name: FACTORY,
    countsReceived: true,
    open: (tell, _gate, counts) =>
      oneReader(new Observable((out) => read(out, options, place, tell, counts))),
    cursor: {
      read: () => (place.id === undefined ? undefined : { id: place.id }),
      restore: (kept) => {
        place.id = idIn(kept);
        place.hasWorked = true;
      },
    },
  });
}

interface Place {
  /** Of the last event emitted. */
  id: string | undefined;
  hasWorked: boolean;
}

function read<T>(
  out: Subscriber<T | Gap>,
  {
    url,
    headers = {},
    types = ['message'],
    parse = parseJson as (event: SseEvent) => T,
    maxEventBytes = 1024 * 1024,
  }: SseOptions<T>,
  place: Place,
  tell: Tell,
  counts: SourceCounts,
): () => void {
  const last = place.id === undefined ? headers : { ...headers, 'Last-Event-ID': place.id };
  const ended = new AbortController();
  const events = new EventSource(url, { fetch: boundedFetch(last, maxEventBytes, ended.signal) });
  const feed = feedReader(new URL(url).host);

  const passOn = (record: T | Gap): void => {
    feed.saw(record);
    out.next(record);
  };
  const accept = ({ type, data: given, lastEventId }: MessageEvent): void => {
    const data = given as string;
    // What came in one piece with the last one that was wanted.
    if (out.closed) return;
    counts.received += 1;
    let record: T | undefined;
    try {
      if (type !== TOO_LARGE) record = parse({ type, data, id: lastEventId });
    } catch (error) {
      tell({
        type: 'rejected',
        reason: error instanceof SyntaxError ? 'invalid-json' : 'unreadable',
        count: 1,
      });
      return moveTo(lastEventId);
    }
    moveTo(lastEventId);
    if (type === TOO_LARGE) tell({ type: 'rejected', reason: 'too-large', count: 1 });
    else if (record === undefined) counts.filtered += 1;
    else passOn(record);
  };
  const moveTo = (id: string): void => {
    if (id !== '') place.id = id;
  };
  const hearFeed = ({ type, data }: MessageEvent): void => {
    if (out.closed) return;
    const { cursor, gap } = feed.hear(type, data as string, Date.now());
    // Where it knows no id of ours it goes on with what is new.
    if (cursor !== undefined && (place.id === undefined || gap !== undefined)) place.id = cursor;
    if (gap === undefined) return;
    counts.added += 1;
    passOn(gap);
  };
  const end = (): void => {
    events.close();
    // It leaves the connection of a refusal open.
    ended.abort();
  };
  for (const type of new Set([...types, TOO_LARGE])) events.addEventListener(type, accept);
  for (const type of ['hello', 'lost', 'gap'])
    if (!types.includes(type)) events.addEventListener(type, hearFeed);
  events.onopen = () => {
    place.hasWorked = true;
    tell({ type: 'connected', to: shownUrl(url), simulated: false });
  };
  events.onerror = ({ code, message }) => {
    // It would try again by itself, which is the runtime's; it sets the timer for that once we have heard.
    queueMicrotask(() => {
      end();
      if (code === 204) out.complete();
      else out.error(failureOf(url, code, message, place.hasWorked));
    });
  };
  return end;
}

const parseJson = ({ data }: SseEvent): unknown => JSON.parse(data);

function idIn(kept: Json): string {
  const { id } = Object(kept) as { readonly id?: unknown };
  if (typeof id === 'string') return id;
  throw new PipelineError('SOURCE_REFUSED', `${FACTORY}: ${shown(kept)} is no place in a stream of events`);
}
