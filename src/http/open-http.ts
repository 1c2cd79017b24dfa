import type { Duplex } from 'node:stream';
import { messageOf, PipelineError } from '../core/errors.ts';
import { booksOfRuns } from '../core/running.ts';
import { shared } from '../core/shared.ts';
import { DEFAULT_LISTEN, isLoopback, parseListen, showAddress } from './address.ts';
import type { Address } from './address.ts';
import { answerHealth, answerReadiness } from './health.ts';
import { createRoutes, sayText } from './routes.ts';
import type { Handler, Routes, Upgrade } from './routes.ts';
import { openServer } from './server.ts';
import type { HttpServer, Tls } from './server.ts';

/** One user's part of a server. */
export interface HttpMount {
  /** `http://127.0.0.1:9808`, with the real port where 0 was asked for. */
  readonly url: string;
  /** Whoever starts the process lets everybody read who can connect: see `serveInsecurely`. */
  readonly isInsecure: boolean;
  /**
   * Answers this path, or with a trailing `*` every path that begins so and that nothing else answers. The answer has
   * headers that forbid browsers all but to show it; the handler may set others. What it throws is answered with 500.
   * Errors `CONFIG_INVALID` where the path is taken. `upgrade` takes over the connections of those who ask for another
   * protocol there.
   */
  readonly mount: (path: string, handler: Handler, upgrade?: Upgrade) => void;
  /**
   * Counts a connection no more against the server's limit: whoever holds it, for an answer without an end, has a limit
   * of his own, and closes it before he lets go of the server.
   */
  readonly hold: (socket: Duplex) => void;
  /** Takes away what this one mounted; the last to do so closes the server, once what is under way has been answered. */
  readonly release: () => Promise<void>;
}

interface Served {
  readonly key: string;
  readonly opening: Promise<{ readonly server: HttpServer; readonly routes: Routes }>;
  users: number;
  closing?: Promise<void>;
}

interface Http {
  /** Where to listen, whatever is asked for. */
  listen?: string;
  tls?: Tls;
  isInsecure: boolean;
  readonly servers: Map<string, Served>;
}

const http = (): Http => shared('http', () => ({ isInsecure: false, servers: new Map<string, Served>() }));

/** Lets every server of this process listen there: to be called within `withShared`. */
export function listenInstead(listen: string | undefined): void {
  if (listen !== undefined) http().listen = listen;
}

/** Lets every server of this process speak TLS: to be called within `withShared`. */
export function serveByTls(tls: Tls | undefined): void {
  if (tls !== undefined) http().tls = tls;
}

/** Lets sinks of this process serve other machines without a token: to be called within `withShared`. */
export function serveInsecurely(): void {
  http().isInsecure = true;
}

/**
 * Keeps the servers of this process open while runs give way to others: what comes meanwhile for a path that nobody answers
 * waits for the next to do so. To be called within `withShared`. Returns its end: what nobody uses then is closed.
 */
export async function keepServers(): Promise<() => Promise<void>> {
  const { servers } = http();
  const ends = [...servers.values()]
    .filter(({ closing }) => closing === undefined)
    .map(async (served) => {
      served.users += 1;
      // One that could not be opened has nobody to keep it.
      const opened = await served.opening.catch(() => undefined);
      const end = opened?.routes.hold();
      return async () => {
        end?.();
        if (end !== undefined) await leave(servers, served);
      };
    });
  const all = await Promise.all(ends);
  return async () => {
    await Promise.all(all.map((end) => end()));
  };
}

/**
 * The server of this process at an address: opened by the first who asks, closed when the last has let go. GET and HEAD
 * only; `/` lists its paths, `/healthz` and `/readyz` tell of the pipelines. Bound to a loopback address it
 * answers only who asks for that, or for localhost.
 * `tell` hears of handlers that fail, once each until it works again.
 * Errors `SINK_REFUSED` when the address is in use or cannot be, `SINK_UNAVAILABLE` where that may pass.
 * Bounds: 100 connections, 16 KiB of headers, 10 s for a request, 60 s without a byte.
 *
 * @example
 * const http = await openHttp('127.0.0.1:9808');
 * http.mount('/version', (_request, response) => void response.end('1.0.0'));
 * // and when the sink ends
 * await http.release();
 */
export async function openHttp(
  listen: string = DEFAULT_LISTEN,
  tell: (message: string) => void = () => undefined,
): Promise<HttpMount> {
  const { listen: instead, tls, isInsecure, servers } = http();
  const at = parseListen(instead ?? listen);
  if (at === undefined)
    throw new PipelineError('CONFIG_INVALID', `cannot listen on ${listen}: it must be HOST:PORT`);
  const served = await use(servers, at, tls);
  const { server, routes } = await served.opening;
  const address = showAddress(server.address);
  const unmounts: (() => void)[] = [];
  let released: Promise<void> | undefined;
  return {
    url: `${tls === undefined ? 'http' : 'https'}://${address}`,
    isInsecure,
    mount(path, handler, upgrade) {
      let failing = false;
      const unmount = routes.add(
        path,
        async (request, response) => {
          await handler(request, response);
          failing = false;
        },
        (error) => {
          if (!failing) tell(`${path} could not be answered: ${messageOf(error)}`);
          failing = true;
        },
        upgrade,
      );
      if (unmount === undefined)
        throw new PipelineError(
          'CONFIG_INVALID',
          `${path} is served twice at ${address}: give one of the two another path, or another address to listen on`,
        );
      unmounts.push(unmount);
    },
    hold: server.letGo,
    release() {
      for (const unmount of unmounts.splice(0)) unmount();
      return (released ??= leave(servers, served));
    },
  };
}

/** The one at this address, with one user more. One that closes is waited for. */
async function use(servers: Map<string, Served>, at: Address, tls: Tls | undefined): Promise<Served> {
  const key = showAddress(at);
  let known = servers.get(key);
  for (; known?.closing !== undefined; known = servers.get(key)) await known.closing;
  const served = known ?? { key, opening: open(at, tls), users: 0 };
  servers.set(key, served);
  served.users += 1;
  try {
    await served.opening;
  } catch (error) {
    if (servers.get(key) === served) servers.delete(key);
    throw error;
  }
  return served;
}

async function leave(servers: Map<string, Served>, served: Served): Promise<void> {
  served.users -= 1;
  if (served.users > 0) return;
  served.closing = served.opening
    .then(({ server }) => server.close())
    .finally(() => servers.delete(served.key));
  await served.closing;
}

async function open(
  at: Address,
  tls: Tls | undefined,
): Promise<{ readonly server: HttpServer; readonly routes: Routes }> {
  const runs = booksOfRuns();
  const routes = createRoutes(isLoopback(at.host) ? hostsOf(at) : undefined);
  const failed = (): void => undefined;
  routes.add(
    '/',
    (_request, response) => sayText(response, 200, `dockrx serves:\n${routes.paths().join('\n')}`),
    failed,
  );
  routes.add('/healthz', (_request, response) => answerHealth(response, runs.values()), failed);
  routes.add('/readyz', (_request, response) => answerReadiness(response, runs.values()), failed);
  const server = await openServer(at, routes.answer, routes.upgrade, { tls });
  return { server, routes };
}

const hostsOf = ({ host }: Address): ReadonlySet<string> =>
  new Set(['localhost', '127.0.0.1', '[::1]', host]);
