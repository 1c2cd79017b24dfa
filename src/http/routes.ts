import { ServerResponse } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';

/** Answers one request. What it throws is answered with 500. */
export type Handler = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

/**
 * Takes over the connection of a request that asks for another protocol. `answer` is for one that is to be told no: by
 * its handler, as if it had not asked.
 */
export type Upgrade = (
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  answer: () => ServerResponse,
) => void;

export interface Routes {
  /** Returns how to take it away again; nothing where the path is taken. */
  readonly add: (
    path: string,
    handler: Handler,
    failed: (error: unknown) => void,
    upgrade?: Upgrade,
  ) => (() => void) | undefined;
  readonly paths: () => readonly string[];
  readonly answer: (request: IncomingMessage, response: ServerResponse) => void;
  /** Until its end requests for what nobody answers wait, for somebody who is about to. Returns the end. */
  readonly hold: () => () => void;
  /** Of a request that asks for another protocol. Where nobody speaks one it is answered as if it did not. */
  readonly upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
}

/** Further requests for what is not there yet are told so. */
const MAX_WAITING = 1_000;

interface Route {
  readonly handler: Handler;
  readonly failed: (error: unknown) => void;
  readonly upgrade: Upgrade | undefined;
}

/** Of the browser that shows an answer: to guess nothing, keep nothing, run nothing, hand it to no other site. */
const HEADERS = {
  'X-Content-Type-Options': 'nosniff',
  'Cache-Control': 'no-store',
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
  'Cross-Origin-Resource-Policy': 'same-origin',
} as const;

/**
 * Answers requests by their path: an exact one, or the longest with a trailing `*` that it begins with. GET and HEAD
 * only. Of `hosts`, where given, one must be asked for: a web page elsewhere could give its own name our address, and
 * read what we answer.
 */
export function createRoutes(hosts: ReadonlySet<string> | undefined): Routes {
  const routes = new Map<string, Route>();
  let holds = 0;
  const waiting: (() => void)[] = [];
  const waits = (again: () => void): boolean => {
    if (holds === 0 || waiting.length >= MAX_WAITING) return false;
    waiting.push(again);
    return true;
  };
  const askAgain = (): void => {
    for (const again of waiting.splice(0)) again();
  };
  const paths = (): readonly string[] => [...routes.keys()].sort();
  const find = (path: string): Route | undefined =>
    routes.get(path) ??
    [...routes]
      .filter(([pattern]) => pattern.endsWith('*') && path.startsWith(pattern.slice(0, -1)))
      .sort(([one], [other]) => other.length - one.length)[0]?.[1];

  const isKnownHost = (request: IncomingMessage): boolean =>
    hosts === undefined || hosts.has(hostOf(request));
  const answer: Routes['answer'] = (request, response) => {
    // A client that leaves is nobody's error.
    response.on('error', () => undefined);
    secure(response);
    const route = find(pathOf(request));
    if (!isKnownHost(request))
      sayText(response, 403, 'This server answers only who asks for its own address, or for localhost.');
    else if (request.method !== 'GET' && request.method !== 'HEAD') {
      // What else it sends is not waited for.
      response.setHeader('Connection', 'close');
      response.setHeader('Allow', 'GET, HEAD');
      sayText(response, 405, 'Only GET and HEAD are answered here.');
    } else if (route === undefined) {
      if (!waits(() => answer(request, response)))
        sayText(response, 404, `There is nothing here. There is:\n${paths().join('\n')}`);
    } else void handle(route, request, response);
  };

  const upgrade: Routes['upgrade'] = (request, socket, head) => {
    const route = find(pathOf(request));
    if (route === undefined && isKnownHost(request) && waits(() => upgrade(request, socket, head))) return;
    if (route?.upgrade === undefined || !isKnownHost(request)) answer(request, lastResponse(request));
    else
      route.upgrade(request, socket, head, () => {
        const response = lastResponse(request);
        secure(response);
        return response;
      });
  };

  return {
    add(path, handler, failed, upgrade) {
      if (routes.has(path)) return undefined;
      routes.set(path, { handler, failed, upgrade });
      askAgain();
      return () => void routes.delete(path);
    },
    hold() {
      holds += 1;
      return () => {
        holds -= 1;
        askAgain();
      };
    },
    paths,
    answer,
    upgrade(request, socket, head) {
      socket.on('error', () => undefined);
      upgrade(request, socket, head);
    },
  };
}

/** An answer on a connection that Node's server has let go of. */
function lastResponse(request: IncomingMessage): ServerResponse {
  const { socket } = request;
  const response = new ServerResponse(request);
  response.shouldKeepAlive = false;
  response.assignSocket(socket);
  response.once('finish', () => socket.end(() => socket.destroy()));
  return response;
}

const pathOf = ({ url }: IncomingMessage): string => url!.split('?', 1)[0]!;

async function handle(route: Route, request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    await route.handler(request, response);
  } catch (error) {
    if (response.destroyed) return;
    route.failed(error);
    // Its reader must not take what has begun for whole.
    if (response.headersSent) response.destroy();
    else refuse(response);
  }
}

/** Ends an answer with a text. */
export function sayText(response: ServerResponse, status: number, text: string): void {
  response.statusCode = status;
  response.setHeader('Content-Type', 'text/plain; charset=utf-8');
  response.end(`${text}\n`);
}

function refuse(response: ServerResponse): void {
  for (const name of response.getHeaderNames()) response.removeHeader(name);
  secure(response);
  sayText(response, 500, 'The answer could not be made; the log of dockrx says why.');
}

function secure(response: ServerResponse): void {
  for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
}

/** Without its port: a tunnel may have given it another. HTTP/1.0, which no browser speaks, needs to name none. */
const hostOf = ({ headers }: IncomingMessage): string =>
  (headers.host ?? 'localhost').replace(/:\d*$/, '').toLowerCase();
