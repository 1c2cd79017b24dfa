import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sendError, type Call } from './answers.ts';
import type { Clock } from './clock.ts';
import type { EngineProfile } from './profile.ts';

/** The engine's socket: it can go away and come back, and it can fall silent. */
export interface EngineServer {
  readonly socketPath: string;
  readonly connections: () => number;
  readonly listen: () => Promise<void>;
  /** cuts every connection once what was written has left */
  readonly drop: () => void;
  /** closes the socket and cuts every connection */
  readonly cut: () => Promise<void>;
  /** still accepts, no longer answers */
  readonly freeze: () => void;
  readonly thaw: () => void;
  /** cuts, and removes the folder made for the socket */
  readonly close: () => Promise<void>;
}

export interface ServerOptions {
  /** undefined = a fresh socket in a folder of its own */
  readonly socketPath: string | undefined;
  readonly profile: EngineProfile;
  /** of the `Date` header */
  readonly clock: Clock;
  /** value of the `Server` header */
  readonly product: string;
  readonly answer: (call: Call) => void;
}

const minorOf = (version: string): number => {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major * 1000 + minor - 1000;
};

/** Takes the version prefix off. A string is the engine's complaint about it. */
function versionedPath(path: string, profile: EngineProfile): { path: string; apiMinor: number } | string {
  const match = /^\/v(\d+\.\d+)(\/.*)$/.exec(path);
  if (match === null) return { path, apiMinor: profile.apiMinor };
  const asked = match[1]!;
  const { apiVersion, minApiVersion } = profile;
  if (minorOf(asked) > profile.apiMinor) {
    return `client version ${asked} is too new. Maximum supported API version is ${apiVersion}`;
  }
  if (minorOf(asked) < minorOf(minApiVersion)) {
    return `client version ${asked} is too old. Minimum supported API version is ${minApiVersion}, please upgrade your client to a newer version`;
  }
  return { path: match[2]!, apiMinor: minorOf(asked) };
}

export async function createEngineServer(options: ServerOptions): Promise<EngineServer> {
  const { profile, clock, product, answer } = options;
  const folder =
    options.socketPath === undefined ? await mkdtemp(join(tmpdir(), 'dockrx-simulator-')) : undefined;
  const socketPath = options.socketPath ?? join(folder!, 'docker.sock');
  const sockets = new Set<Socket>();
  let frozen: (() => void)[] | undefined;
  let server: Server | undefined;

  const handle = (request: IncomingMessage, response: ServerResponse): void => {
    if (response.destroyed) return;
    // A kept connection brings the next request before the answer to the last has left for good.
    if (response.socket === null) {
      response.once('socket', () => handle(request, response));
      return;
    }
    response.setHeader('Api-Version', profile.apiVersion);
    response.setHeader('Date', new Date(Number(clock.now() / 1_000_000n)).toUTCString());
    response.setHeader('Docker-Experimental', 'false');
    response.setHeader('Ostype', 'linux');
    response.setHeader('Server', product);
    request.resume();
    const [path = '/', query = ''] = (request.url ?? '/').split('?', 2);
    const versioned = versionedPath(path, profile);
    if (typeof versioned === 'string') return sendError(response, 400, versioned);
    answer({ request, response, query: new URLSearchParams(query), ...versioned });
  };
  const listen = async (): Promise<void> => {
    const next = createServer(
      { keepAliveTimeout: 0, requestTimeout: 0, headersTimeout: 0 },
      (request, response) => {
        if (frozen === undefined) handle(request, response);
        else frozen.push(() => handle(request, response));
      },
    );
    next.on('connection', (socket) => {
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
    });
    await new Promise<void>((resolve, reject) => next.once('error', reject).listen(socketPath, resolve));
    server = next;
    await chmod(socketPath, 0o600);
  };
  const cut = async (): Promise<void> => {
    const last = server;
    server = undefined;
    frozen &&= [];
    for (const socket of sockets) socket.destroy();
    if (last !== undefined) await new Promise((resolve) => last.close(resolve));
  };

  return {
    socketPath,
    connections: () => sockets.size,
    listen,
    drop: () => {
      for (const socket of sockets) socket.destroySoon();
    },
    cut,
    freeze: () => {
      frozen ??= [];
    },
    thaw: () => {
      const waiting = frozen ?? [];
      frozen = undefined;
      for (const go of waiting) go();
    },
    close: async () => {
      await cut();
      if (folder !== undefined) await rm(folder, { recursive: true, force: true });
    },
  };
}
