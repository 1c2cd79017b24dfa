import { randomBytes } from 'node:crypto';
import type { QueueOptions } from '../core/bounded-queue.ts';
import type { Membership } from '../core/checkpoints.ts';
import { PipelineError } from '../core/errors.ts';
import { queued } from '../core/queued.ts';
import type { Writer } from '../core/queued.ts';
import { booksOfRuns } from '../core/running.ts';
import type { Sink } from '../core/types.ts';
import { DEFAULT_LISTEN, isLoopback, parseListen } from '../http/address.ts';
import { openHttp } from '../http/open-http.ts';
import type { HttpMount } from '../http/open-http.ts';
import { textOf } from '../records/text.ts';
import { createFeed } from './feed.ts';
import type { Feed, Item } from './feed.ts';
import { createGuard } from './guard.ts';
import type { Guard } from './guard.ts';
import { checkFits, openHistory } from './history.ts';
import type { FeedJournal, History } from './history.ts';
import type { Protocol } from './protocol.ts';
import { sampleKey } from './subject.ts';

/** What the two ways to serve a feed have in common. */
export interface FeedSinkOptions {
  /** `HOST:PORT`, default `127.0.0.1:9808`. All sinks that serve there share one server. */
  readonly listen?: string;
  /** Where it is mounted. */
  readonly path?: string;
  /**
   * What a client has to know: `Authorization: Bearer TOKEN`, or `?token=TOKEN` where it cannot send headers. Needed
   * where others than this machine can connect, unless `insecure`.
   */
  readonly token?: string;
  /** Whoever can connect may read, from other machines too. Default false. */
  readonly insecure?: boolean;
  /** Web pages of these origins may read the feed, beside those of the same address: `https://status.example.org`. */
  readonly origins?: readonly string[];
  /** Memory for what clients may still ask for, in characters. Default 16 MiB. */
  readonly ringBytes?: number;
  /** Keeps events on disk too, so that clients go on behind what they have when dockrx was restarted. Default: it does not. */
  readonly journal?: FeedJournal;
  /** Clients at a time. Default 1,000. */
  readonly maxClients?: number;
  /** Clients at a time from one address. Default 100. */
  readonly maxClientsPerAddress?: number;
  /** A client that is so many characters of events behind, and does not catch up for `graceMs`, is sent away. Default 4 MiB. */
  readonly clientBytes?: number;
  /** See `clientBytes`, in milliseconds. Default 10,000. */
  readonly graceMs?: number;
  /** Where it cannot write as fast as records come. */
  readonly queue?: QueueOptions;
}

/** How a feed is served. */
export interface Serving {
  readonly feed: Feed;
  readonly guard: Guard;
  readonly mount: HttpMount;
  readonly path: string;
}

export interface FeedSink {
  readonly name: string;
  readonly scheme: 'ws' | 'http';
  readonly path: string;
  readonly protocol: Protocol;
  /** Lets clients in; returns how to let nobody in any more, and to be rid of those that are. */
  readonly serve: (serving: Serving) => Close;
}

export interface Close {
  /** Lets nobody in any more. */
  readonly close: () => void;
  /** Settles once all clients are gone: those that do not go are cut off. */
  readonly gone: () => Promise<void>;
}

const MAX_RING_RECORDS = 1_000_000;

/** A sink that publishes records in a feed, and serves that. A record is delivered when it is in the feed. */
export function feedSink<T>(sink: FeedSink, options: FeedSinkOptions): Sink<T> {
  const { listen = DEFAULT_LISTEN, journal, queue } = options;
  const target = `${sink.scheme}://${listen}${sink.path}`;
  checkAccess(sink.name, parseListen(listen)!.host, options);
  return queued<T, Item>({
    name: sink.name,
    target,
    queue,
    encode: (record) => {
      const item = { record, text: textOf(record), key: sampleKey(record) };
      if (journal !== undefined && item.key === undefined) checkFits(item.text, journal);
      return item;
    },
    sizeOf: ({ text }) => text.length,
    batch: { bytes: 1, lingerMs: 0 },
    open: (tell, membership) => openWriter(sink, options, tell, membership),
  });
}

/** Refuses to let other machines in without a token, unless told to. */
export function checkAccess(
  name: string,
  host: string,
  { token, insecure = false }: Pick<FeedSinkOptions, 'token' | 'insecure'>,
): void {
  if (isLoopback(host) || token !== undefined || insecure) return;
  throw new PipelineError(
    'CONFIG_INVALID',
    `${name}: ${host} can be reached by other machines: give it a token, or insecure: true (pipeline run --insecure for --listen) if all may read what happens here`,
  );
}

async function openWriter(
  sink: FeedSink,
  options: FeedSinkOptions,
  tell: (message: string) => void,
  membership: Membership | undefined,
): Promise<Writer<Item>> {
  const { journal, ringBytes = 16 * 1024 * 1024, clientBytes = 4 * 1024 * 1024, graceMs = 10_000 } = options;
  const { token, origins = [], maxClients = 1_000, maxClientsPerAddress = 100 } = options;
  const runs = booksOfRuns();
  const history = journal && (await openHistory(journal, membership?.restored, tell));
  try {
    const mount = await openHttp(options.listen, tell);
    try {
      const url = mount.url.replace('http', sink.scheme) + sink.path;
      checkMount(sink.name, mount, options);
      const feed = createFeed({
        ...{ name: history?.name ?? randomBytes(4).toString('hex'), protocol: sink.protocol, history },
        ...{ ring: { bytes: ringBytes, records: MAX_RING_RECORDS }, clientBytes, graceMs, tell },
        pipelines: () => [...runs.keys()],
      });
      const guard = createGuard({ token, origins, maxClients, maxClientsPerAddress });
      const serving = sink.serve({ feed, guard, mount, path: sink.path });
      const write = publisher(feed, history);
      return {
        ...{ write, url },
        ...(history && { checkpoint: () => Promise.resolve(history.place()) }),
        close: async () => {
          serving.close();
          feed.end();
          try {
            await serving.gone();
            await mount.release();
          } finally {
            await history?.close();
          }
        },
      };
    } catch (error) {
      await mount.release();
      throw error;
    }
  } catch (error) {
    await history?.close();
    throw error;
  }
}

/** The same where it is really served; whoever starts the process may allow it, too. */
export function checkMount(
  name: string,
  { url, isInsecure }: HttpMount,
  options: Pick<FeedSinkOptions, 'token' | 'insecure'>,
): void {
  if (!isInsecure) checkAccess(name, new URL(url).hostname.replace(/^\[|\]$/g, ''), options);
}

/** Nobody is sent an event before it is in the journal: its number would be given to another one after a crash. */
function publisher(feed: Feed, history: History | undefined): Writer<Item>['write'] {
  if (history === undefined)
    return (batch) => {
      feed.publish(batch);
      return Promise.resolve();
    };
  let underWay: readonly Item[] | undefined;
  let fresh: readonly Item[] = [];
  return async (batch) => {
    // The same one comes again when it could not be written.
    if (batch !== underWay) {
      fresh = batch.filter(({ key, text }) => key !== undefined || !history.isAgain(text));
      for (const { key, text } of fresh) if (key === undefined) history.add(text);
      underWay = batch;
    }
    await history.write();
    underWay = undefined;
    feed.publish(fresh);
  };
}
