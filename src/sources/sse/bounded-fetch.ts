import type { FetchLike } from 'eventsource';
import { boundEvents } from './bounded-events.ts';

/** Fetches with these headers, and lets no event be larger than so many bytes. */
export function boundedFetch(headers: Readonly<Record<string, string>>, maxBytes: number): FetchLike {
  return async (url, init) => {
    const response = await fetch(url, { ...init, headers: { ...init.headers, ...headers } });
    const bound = boundEvents(maxBytes);
    const body = response.body?.pipeThrough(
      new TransformStream<Uint8Array, Uint8Array>({
        transform: (chunk, controller) => {
          for (const part of bound(chunk)) controller.enqueue(part);
        },
      }),
    );
    const { status, redirected } = response;
    return { body: body ?? null, status, redirected, url: response.url, headers: response.headers };
  };
}
