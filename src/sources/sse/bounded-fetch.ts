import { get as getHttp } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { get as getHttps } from 'node:https';
import type { FetchLike, ReaderLike } from 'eventsource';
import { boundEvents } from './bounded-events.ts';

const REDIRECTS = [301, 302, 303, 307, 308];
const MOST_REDIRECTS = 5;
/** A server that says nothing for so long is taken for dead: most say something every 15 or 30 s. */
const SILENT_MS = 120_000;

/**
 * A fetch for EventSource: with these headers, on a connection of its own that ends with the answer, and with no event
 * larger than so many bytes. The headers go to no other origin that it is redirected to.
 */
export function boundedFetch(
  headers: Readonly<Record<string, string>>,
  maxBytes: number,
  signal: AbortSignal,
): FetchLike {
  return async (url, { headers: own }) => {
    let at = new URL(url);
    const { origin } = at;
    for (let redirects = 0; ; redirects += 1) {
      const given = at.origin === origin ? headers : {};
      const response = await get(at, { ...own, ...given }, signal);
      const status = response.statusCode!;
      const { location } = response.headers;
      if (REDIRECTS.includes(status) && location !== undefined && redirects < MOST_REDIRECTS) {
        response.destroy();
        at = new URL(location, at);
        continue;
      }
      return {
        body: { getReader: () => readerOf(response, maxBytes) },
        ...{ status, url: at.href, redirected: redirects > 0 },
        headers: { get: (name) => (response.headers[name.toLowerCase()] as string | undefined) ?? null },
      };
    }
  };
}

function get(
  url: URL,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const options = { headers, signal, agent: false, timeout: SILENT_MS } as const;
    const request = (url.protocol === 'https:' ? getHttps : getHttp)(url, options, resolve);
    request.on('error', reject);
    request.on('timeout', () => request.destroy(new Error(`nothing came for ${SILENT_MS / 1000} s`)));
  });
}

function readerOf(response: IncomingMessage, maxBytes: number): ReaderLike {
  const bound = boundEvents(maxBytes);
  const chunks = response[Symbol.asyncIterator]() as AsyncIterator<Buffer, undefined>;
  return {
    read: async () => {
      const { done, value } = await chunks.next();
      return done === true ? { done } : { done: false, value: Buffer.concat(bound(value)) };
    },
    cancel: () => Promise.resolve(void response.destroy()),
  };
}
