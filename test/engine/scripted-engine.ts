import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import {
  type Agent,
  createServer,
  get,
  type IncomingMessage,
  type RequestListener,
  type Server as HttpServer,
  type ServerResponse,
} from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TlsOptions } from 'node:tls';

/** A server that answers each path as a test says: for what no engine can be made to do. */
export interface ScriptedEngine {
  /** As in DOCKER_HOST. */
  readonly address: string;
  readonly port: number;
  /** `METHOD /path?query` of every request so far. */
  readonly requests: readonly string[];
  /** Connections open at the moment. */
  readonly openSockets: () => number;
  /** Resolves when no connection is open. */
  readonly allClosed: () => Promise<void>;
  readonly close: () => Promise<void>;
}

export type Answer = (response: ServerResponse, request: IncomingMessage) => void;

export interface Script {
  /** By path; `*` is all else. Without an own one `/_ping` is answered as an engine does, all else by 404. */
  readonly answers?: Readonly<Record<string, Answer>>;
  /** On a loopback port instead of a unix socket. */
  readonly tcp?: boolean | '::1';
  readonly tls?: TlsOptions;
}

/** `/_ping` as an engine of that API version answers it. */
export const pong =
  (apiVersion = '1.41', server = 'Docker/20.10.24 (linux)'): Answer =>
  (response) =>
    response.writeHead(200, { 'Api-Version': apiVersion, Server: server }).end('OK');

export const answerJson =
  (body: unknown, status = 200): Answer =>
  (response) =>
    response.writeHead(status, { 'Content-Type': 'application/json' }).end(`${JSON.stringify(body)}\n`);

/** Headers, and nothing after them: what an idle stream looks like. */
export const answerStream: Answer = (response) => {
  response.writeHead(200, { 'Content-Type': 'application/json' }).flushHeaders();
};

export async function scriptedEngine({
  answers = {},
  tcp = false,
  tls,
}: Script = {}): Promise<ScriptedEngine> {
  const requests: string[] = [];
  const sockets = new Set<Socket>();
  let emptied = (): void => undefined;
  const all: Readonly<Record<string, Answer>> = { '/_ping': pong(), ...answers };
  const handle: RequestListener = (request, response) => {
    requests.push(`${request.method ?? ''} ${request.url ?? ''}`);
    const path = (request.url ?? '').split('?', 1)[0]!;
    const answer = all[path] ?? all['*'] ?? answerJson({ message: 'page not found' }, 404);
    answer(response, request);
  };
  const server: HttpServer = tls === undefined ? createServer(handle) : createSecureServer(tls, handle);
  // What a client keeps open is for the client to close.
  server.keepAliveTimeout = 0;
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => {
      sockets.delete(socket);
      if (sockets.size === 0) emptied();
    });
  });
  const folder = await mkdtemp(join(tmpdir(), 'dockrx-scripted-'));
  const socketPath = join(folder, 'engine.sock');
  if (tcp !== false) server.listen(0, tcp === '::1' ? tcp : '127.0.0.1');
  else server.listen(socketPath);
  await once(server, 'listening');
  const port = tcp === false ? 0 : (server.address() as AddressInfo).port;
  const host = tcp === '::1' ? '[::1]' : '127.0.0.1';
  return {
    address: tcp === false ? `unix://${socketPath}` : `tcp://${host}:${port}`,
    port,
    requests,
    openSockets: () => sockets.size,
    allClosed: () =>
      sockets.size === 0
        ? Promise.resolve()
        : new Promise((resolve) => {
            emptied = resolve;
          }),
    close: async () => {
      for (const socket of sockets) socket.destroy();
      if (server.listening) await new Promise((resolve) => server.close(resolve));
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Asks a scripted engine on a port; resolves with the answer when its headers are there. */
export function ask({ port }: ScriptedEngine, path: string, agent?: Agent): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, path, agent }, resolve).on('error', reject);
  });
}
