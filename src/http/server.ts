import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Server as NetServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { PipelineError } from '../core/errors.ts';
import { showAddress } from './address.ts';
import { createConnections } from './connections.ts';
import type { Address } from './address.ts';

export interface Limits {
  /** A request's headers may be so large. */
  readonly headerBytes: number;
  /** A request must have come in whole within so long. */
  readonly requestMs: number;
  /** A connection is closed when nothing has passed for so long: during an answer, and between two requests. */
  readonly silentMs: number;
  readonly idleMs: number;
  /** Further ones are closed at once, or in their place one that has asked for nothing for a while. */
  readonly connections: number;
  /** How long answers under way may take after a close. */
  readonly drainMs: number;
}

export const LIMITS: Limits = {
  headerBytes: 16 * 1024,
  requestMs: 10_000,
  silentMs: 60_000,
  // Longer than most are scraped.
  idleMs: 75_000,
  connections: 100,
  drainMs: 2_000,
};

export interface HttpServer {
  /** With the port it really has. */
  readonly address: Address;
  /** A connection that somebody else looks after: it counts no more as one of ours. */
  readonly letGo: (socket: Duplex) => void;
  /** Accepts no more, answers what is under way, and closes. */
  readonly close: () => Promise<void>;
}

/**
 * Listens. Errors `SINK_REFUSED` where that needs somebody to change something, `SINK_UNAVAILABLE` where it passes.
 */
export async function openServer(
  at: Address,
  answer: (request: IncomingMessage, response: ServerResponse) => void,
  upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void,
  limits: Limits = LIMITS,
): Promise<HttpServer> {
  const connections = createConnections(limits.connections);
  const underWay = new Set<ServerResponse>();
  let answered: (() => void) | undefined;
  const server = createServer(
    {
      maxHeaderSize: limits.headerBytes,
      headersTimeout: limits.requestMs,
      requestTimeout: limits.requestMs,
      keepAliveTimeout: limits.idleMs,
      connectionsCheckingInterval: Math.min(1_000, limits.requestMs),
    },
    (request, response) => {
      underWay.add(response);
      connections.asks(request.socket);
      response.once('close', () => {
        underWay.delete(response);
        connections.isAnswered(request.socket);
        if (underWay.size === 0) answered?.();
      });
      answer(request, response);
    },
  );
  server.timeout = limits.silentMs;
  server.on('connection', connections.add);
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    connections.letGo(socket);
    upgrade(request, socket, head);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(cannotListen(error, at)));
    server.listen({ host: at.host, port: at.port }, resolve);
  });
  // A connection that cannot be accepted, for want of files: the next one may be.
  server.removeAllListeners('error').on('error', () => undefined);

  return {
    address: { host: at.host, port: (server.address() as AddressInfo).port },
    letGo: connections.letGo,
    async close() {
      const closed = new Promise<void>((resolve) => {
        // Its own `close` would cut off answers that have been written and not been read.
        NetServer.prototype.close.call(server, () => resolve());
      });
      if (underWay.size > 0) {
        let timer: NodeJS.Timeout | undefined;
        await new Promise<void>((resolve) => {
          answered = resolve;
          timer = setTimeout(resolve, limits.drainMs);
        });
        clearTimeout(timer);
      }
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

/** Passes by itself. */
const PASSING = ['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM', 'EAI_AGAIN'];

const ADVICE: Readonly<Record<string, string>> = {
  EADDRINUSE:
    'another program listens there: stop that one, or choose another address (listen, or --listen HOST:PORT; port 0 takes a free one)',
  EADDRNOTAVAIL: 'this machine does not have that address: choose one of its own, or 0.0.0.0 for all',
  EACCES: 'this user may not listen there: choose a port above 1023',
  ENOTFOUND: 'there is no such host: give an address of this machine',
};

function cannotListen(error: NodeJS.ErrnoException, at: Address): PipelineError {
  const { code = '', message } = error;
  return new PipelineError(
    PASSING.includes(code) ? 'SINK_UNAVAILABLE' : 'SINK_REFUSED',
    `cannot listen on ${showAddress(at)} (${code}): ${ADVICE[code] ?? message}`,
    { cause: error },
  );
}
