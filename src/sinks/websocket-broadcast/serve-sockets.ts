import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';
import { messageOf } from '../../core/errors.ts';
import type { Close, Serving } from '../../feed/feed-sink.ts';
import { checkFilters, filtersOfQuery } from '../../feed/filters.ts';
import type { Joining } from '../../feed/feed.ts';
import { sayText } from '../../http/routes.ts';
import { messageLimit } from './message-limit.ts';

/** Of a message of a client. */
const MAX_MESSAGE_BYTES = 16 * 1024;
/** What it gets beside records waits for so much at most. */
const MAX_WAITING_BYTES = 64 * 1024;
/** How long a good-bye may take. */
const CLOSE_MS = 2_000;
const GOING_AWAY = 1001;
const POLICY_VIOLATION = 1008;
const TRY_AGAIN_LATER = 1013;

/** Serves a feed to WebSocket clients on a path of an HTTP server. */
export function serveSockets({ feed, guard, mount, path }: Serving, pingMs: number): Close {
  const server = new WebSocketServer({
    ...{ noServer: true, clientTracking: false, perMessageDeflate: false, autoPong: false },
    ...{ maxPayload: MAX_MESSAGE_BYTES, closeTimeout: CLOSE_MS },
  });
  const sockets = new Map<WebSocket, { isAlive: boolean }>();
  let allGone: (() => void) | undefined;
  let isOpen = true;

  const welcome = (
    socket: WebSocket,
    wire: Duplex,
    address: string,
    joining: Joining,
    bye: () => void,
  ): void => {
    const state = { isAlive: true };
    const isTooMuch = messageLimit();
    sockets.set(socket, state);
    socket.on('close', () => {
      sockets.delete(socket);
      client.leave();
      bye();
      if (sockets.size === 0) allGone?.();
    });
    // It is closed with a code that says so: bad UTF-8, a message too large, a wrong frame.
    socket.on('error', () => undefined);
    const client = feed.join(
      {
        address,
        get waiting() {
          return wire.writableLength;
        },
        write: (bytes) => {
          // Behind its good-bye nothing may come.
          if (socket.readyState === socket.OPEN) wire.write(bytes);
        },
        close: (why) =>
          why === 'ending'
            ? socket.close(GOING_AWAY, 'dockrx ends')
            : socket.close(TRY_AGAIN_LATER, 'it reads too slowly'),
      },
      joining,
    );
    wire.on('drain', client.drained);
    const heard = (act: () => void): void => {
      state.isAlive = true;
      if (isTooMuch()) socket.close(POLICY_VIOLATION, 'too many messages');
      // One that asks and does not read what it is answered.
      else if (wire.writableLength <= MAX_WAITING_BYTES) act();
    };
    socket.on('message', (data: Buffer, isBinary) =>
      heard(() => {
        try {
          client.change(subscribed(data, isBinary));
        } catch (error) {
          client.say({ type: 'error', message: messageOf(error) });
        }
      }),
    );
    socket.on('ping', (data) => heard(() => socket.pong(data)));
    socket.on('pong', () => (state.isAlive = true));
  };
  const upgrade = (
    request: IncomingMessage,
    wire: Duplex,
    head: Buffer,
    answer: Parameters<NonNullable<Parameters<typeof mount.mount>[2]>>[3],
  ): void => {
    if (!isOpen) return void wire.destroy();
    let joining: Joining;
    try {
      joining = joiningOf(request);
    } catch (error) {
      return sayText(answer(), 400, messageOf(error));
    }
    const admitted = guard.admit(request);
    if (typeof admitted !== 'function') return sayText(answer(), admitted.status, admitted.text);
    wire.once('close', admitted);
    server.handleUpgrade(request, wire, head, (socket) => {
      welcome(socket, wire, request.socket.remoteAddress ?? '', joining, admitted);
    });
  };
  mount.mount(
    path,
    (_request, response) => {
      response.setHeader('Upgrade', 'websocket');
      sayText(response, 426, `This is a WebSocket: connect to ws://…${path}.`);
    },
    upgrade,
  );
  const timer = setInterval(() => {
    for (const [socket, state] of sockets) {
      if (!state.isAlive) socket.terminate();
      else socket.ping();
      state.isAlive = false;
    }
  }, pingMs);

  return {
    close: () => {
      isOpen = false;
      clearInterval(timer);
    },
    gone: async () => {
      if (sockets.size === 0) return;
      const cut = setTimeout(() => {
        for (const socket of sockets.keys()) socket.terminate();
      }, CLOSE_MS);
      await new Promise<void>((resolve) => (allGone = resolve));
      clearTimeout(cut);
    },
  };
}

function joiningOf({ url }: IncomingMessage): Joining {
  const { searchParams: query } = new URL(url!, 'http://localhost');
  const format = query.get('format') ?? 'text';
  if (format !== 'text' && format !== 'binary') throw new Error('"format" must be text or binary');
  return { filters: filtersOfQuery(query), format, after: query.get('after') ?? undefined };
}

function subscribed(data: Buffer, isBinary: boolean): Joining['filters'] {
  if (isBinary) throw new Error('a message must be text: {"type":"subscribe","filters":{…}}');
  const { type, filters = {} } = Object(JSON.parse(data.toString())) as {
    readonly type?: unknown;
    readonly filters?: unknown;
  };
  if (type !== 'subscribe') throw new Error('a message must be {"type":"subscribe","filters":{…}}');
  if (typeof filters !== 'object' || filters === null) throw new Error('"filters" must be an object');
  return checkFilters(filters as Readonly<Record<string, unknown>>);
}
