import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A request that went through the proxy, and what was answered so far. */
export interface Exchange {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  /** Bytes of a body in the request. */
  sent: number;
  /** The body of the answer, as the engine sent it. */
  readonly received: Buffer[];
}

/**
 * Stands between a client and an engine and keeps a record of both; what either side cuts, it cuts. What does not pass
 * is recorded, and lost.
 */
export interface RecordingProxy {
  /** As in DOCKER_HOST. */
  readonly address: string;
  readonly exchanges: readonly Exchange[];
  readonly close: () => Promise<void>;
}

export async function recordingProxy(
  socketPath: string,
  passes: (chunk: Buffer) => boolean = () => true,
): Promise<RecordingProxy> {
  const exchanges: Exchange[] = [];
  const sockets = new Set<Socket>();
  const forward = (incoming: IncomingMessage, outgoing: ServerResponse): void => {
    const { method = '', url = '', headers } = incoming;
    const [path = '', query] = url.split('?');
    const exchange = {
      method,
      path,
      query: new URLSearchParams(query),
      headers,
      sent: 0,
      received: [] as Buffer[],
    };
    exchanges.push(exchange);
    const onward = request({ socketPath, method, path: url, headers, agent: false }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers).flushHeaders();
      answer.on('data', (chunk: Buffer) => {
        exchange.received.push(chunk);
        if (passes(chunk)) outgoing.write(chunk);
      });
      answer.on('error', () => undefined);
      answer.once('close', () => {
        if (answer.complete) outgoing.end();
        else outgoing.destroy();
      });
    });
    onward.on('error', () => outgoing.destroy());
    outgoing.once('close', () => onward.destroy());
    incoming.on('data', (chunk: Buffer) => {
      exchange.sent += chunk.length;
      onward.write(chunk);
    });
    incoming.on('end', () => onward.end());
  };
  const server = createServer(forward);
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  const folder = await mkdtemp(join(tmpdir(), 'dockrx-proxy-'));
  server.listen(join(folder, 'engine.sock'));
  await once(server, 'listening');
  return {
    address: `unix://${join(folder, 'engine.sock')}`,
    exchanges,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
      await rm(folder, { recursive: true });
    },
  };
}

/** The lines of an answer. */
export function linesIn({ received }: Exchange): readonly string[] {
  return Buffer.concat(received).toString().split('\n').slice(0, -1);
}
