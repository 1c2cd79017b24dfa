import type { IncomingMessage, ServerResponse } from 'node:http';
import { messageOf } from '../../core/errors.ts';
import type { Close, Serving } from '../../feed/feed-sink.ts';
import type { Joining } from '../../feed/feed.ts';
import { filtersOfQuery } from '../../feed/filters.ts';
import { sayText } from '../../http/routes.ts';

/** A client comes again after so long. */
const RETRY_MS = 1_000;
/** Something passes at least so often, for whoever is on the way and gives up silent connections. */
const ALIVE_MS = 15_000;
/** How long a good-bye may take. */
const CLOSE_MS = 2_000;

/** Serves a feed as server-sent events on a path of an HTTP server. */
export function serveEvents({ feed, guard, mount, path }: Serving): Close {
  const responses = new Set<ServerResponse>();
  let allGone: (() => void) | undefined;
  let isOpen = true;

  mount.mount(path, (request, response) => {
    let joining: Joining;
    try {
      joining = joiningOf(request);
    } catch (error) {
      return sayText(response, 400, messageOf(error));
    }
    const admitted = guard.admit(request);
    if (typeof admitted !== 'function') return sayText(response, admitted.status, admitted.text);
    response.once('close', admitted);
    if (guard.isGuest(request)) {
      response.setHeader('Access-Control-Allow-Origin', request.headers.origin!);
      response.setHeader('Cross-Origin-Resource-Policy', 'cross-origin');
    }
    response.setHeader('Content-Type', 'text/event-stream');
    // Of nginx: to hand on at once what it gets.
    response.setHeader('X-Accel-Buffering', 'no');
    response.setHeader('Connection', 'close');
    if (request.method === 'HEAD' || !isOpen) return void response.end();
    const { socket } = request;
    mount.hold(socket);
    socket.setNoDelay(true);
    response.write(`retry: ${RETRY_MS}\n\n`);
    responses.add(response);
    const client = feed.join(
      {
        address: socket.remoteAddress ?? '',
        get waiting() {
          return response.writableLength;
        },
        write: (bytes) => {
          if (!response.writableEnded) response.write(bytes);
        },
        close: () => response.end(),
      },
      joining,
    );
    response.on('drain', client.drained);
    response.once('close', () => {
      responses.delete(response);
      client.leave();
      if (responses.size === 0) allGone?.();
    });
  });
  const timer = setInterval(() => {
    for (const response of responses)
      if (response.writableLength === 0 && !response.writableEnded) response.write(':\n\n');
  }, ALIVE_MS);

  return {
    close: () => {
      isOpen = false;
      clearInterval(timer);
    },
    gone: async () => {
      if (responses.size === 0) return;
      const cut = setTimeout(() => {
        for (const response of responses) response.destroy();
      }, CLOSE_MS);
      await new Promise<void>((resolve) => (allGone = resolve));
      clearTimeout(cut);
    },
  };
}

function joiningOf({ url, headers }: IncomingMessage): Joining {
  const { searchParams: query } = new URL(url!, 'http://localhost');
  const last = headers['last-event-id'];
  const after = typeof last === 'string' && last !== '' ? last : (query.get('after') ?? undefined);
  return { filters: filtersOfQuery(query), format: 'text', after };
}
