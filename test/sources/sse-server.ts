import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A server of numbered events, which goes on behind `Last-Event-ID`; written after the HTML standard, and not after our own. */
export interface SseServer {
  readonly url: () => string;
  /** Makes the next event happen: `{ seq }`. */
  readonly happen: () => void;
  /** Writes to all who read, as it is. */
  readonly write: (text: string) => void;
  /** Ends all answers under way. */
  readonly breakOff: () => void;
  readonly readers: () => number;
  readonly requests: readonly IncomingMessage[];
  readonly goAway: () => Promise<void>;
  readonly comeBack: () => Promise<void>;
}

/** `/events` are events; every other path ends in a number, which is the status it is answered with. */
export async function sseServer(): Promise<SseServer> {
  const readers = new Set<ServerResponse>();
  const requests: IncomingMessage[] = [];
  const happened: string[] = [];
  let port = 0;
  let server: Server;

  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    requests.push(request);
    const [path] = request.url!.split('?');
    const status = Number(/(\d+)$/.exec(path!)?.[1] ?? 200);
    response.setHeader('Connection', 'close');
    if (path === '/text') return void response.end('hello');
    if (status !== 200) {
      response.statusCode = status;
      return void response.end();
    }
    response.setHeader('Content-Type', 'text/event-stream; charset=utf-8');
    const last = request.headers['last-event-id'];
    response.write(`: welcome\n\n${last === undefined ? '' : happened.slice(Number(last) + 1).join('')}`);
    readers.add(response);
    response.on('close', () => readers.delete(response));
  };
  const comeBack = async (): Promise<void> => {
    server = createServer(answer).listen(port, '127.0.0.1');
    await once(server, 'listening');
    port = (server.address() as AddressInfo).port;
  };
  await comeBack();
  const write = (text: string): void => {
    for (const reader of readers) reader.write(text);
  };
  return {
    url: () => `http://127.0.0.1:${port}/events`,
    happen() {
      const seq = happened.length;
      const text = `id: ${seq}\ndata: ${JSON.stringify({ seq })}\n\n`;
      happened.push(text);
      write(text);
    },
    write,
    breakOff: () => {
      for (const reader of readers) reader.destroy();
    },
    readers: () => readers.size,
    requests,
    async goAway() {
      if (!server.listening) return;
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      readers.clear();
      await closed;
    },
    comeBack,
  };
}
