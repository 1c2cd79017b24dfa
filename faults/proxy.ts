import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { lane } from './lane.ts';
import { mangler, type CutPlace, type Mangler } from './mangle.ts';

/** What the proxy answers in place of the engine. */
export type WrongAnswer = 500 | 404 | 'page';

/** Stands between dockrx and an engine, on a unix socket, and does what bad networks and proxies do. */
export interface FaultyProxy {
  readonly address: string;
  /** `/events` answers that pass at the moment */
  readonly streams: () => number;
  /** cuts every connection, and refuses new ones until `listen` */
  readonly refuse: () => Promise<void>;
  readonly listen: () => Promise<void>;
  /** breaks off each event stream inside its next line */
  readonly cut: (place: CutPlace) => void;
  readonly eatLines: (count: number) => void;
  readonly eatTail: () => void;
  /** lines of event streams that were eaten, whole or in part */
  readonly spoiled: readonly string[];
  /** half-open: every connection, also a new one, stays and swallows, even when it is over, unless it is cut then */
  readonly silence: (on: boolean, cut?: boolean) => void;
  readonly answer: (wrong: WrongAnswer | undefined) => void;
  readonly delay: (ms: number) => void;
  /** lines arrive in small pieces */
  readonly tear: (on: boolean) => void;
  readonly close: () => Promise<void>;
}

const PAGE = '<html><body><h1>Bad gateway</h1></body></html>';

function answerWrong(response: ServerResponse, wrong: WrongAnswer): void {
  if (wrong === 'page') response.writeHead(200, { 'Content-Type': 'text/html' }).end(PAGE);
  else
    response
      .writeHead(wrong, { 'Content-Type': 'application/json' })
      .end(`{"message":"a fault of the proxy"}\n`);
}

export async function faultyProxy(engineSocket: string, socketPath: string): Promise<FaultyProxy> {
  const sockets = new Set<Socket>();
  const stuck = new Set<Socket>();
  const streams = new Set<Mangler>();
  const spoiled: string[] = [];
  let server: Server | undefined;
  let silent = false;
  let wrong: WrongAnswer | undefined;
  let delayMs = 0;
  let torn = false;

  /** Hands the engine's answer on, with what is wrong at the moment. */
  const carry = (
    answer: IncomingMessage,
    outgoing: ServerResponse,
    client: Socket,
    isStream: boolean,
  ): void => {
    const inOrder = lane();
    const later = (task: () => void): void =>
      inOrder(delayMs, () => {
        if (!stuck.has(client)) task();
      });
    const stream = mangler(
      outgoing,
      () => isStream && torn,
      (line) => spoiled.push(line),
    );
    later(() => outgoing.writeHead(answer.statusCode ?? 502, answer.headers).flushHeaders());
    if (isStream) streams.add(stream);
    answer.on('data', (chunk: Buffer) => later(() => stream.pass(chunk)));
    answer.on('error', () => undefined);
    answer.once('close', () => {
      streams.delete(stream);
      later(() => {
        stream.flush();
        if (answer.complete) outgoing.end();
        else outgoing.destroy();
      });
    });
  };
  const forward = (incoming: IncomingMessage, outgoing: ServerResponse): void => {
    const { method, url = '', headers, socket } = incoming;
    if (stuck.has(socket)) return;
    if (wrong !== undefined) return answerWrong(outgoing, wrong);
    const onward = request({ socketPath: engineSocket, method, path: url, headers, agent: false }, (answer) =>
      carry(answer, outgoing, socket, url.startsWith('/events')),
    );
    onward.on('error', () => {
      if (!stuck.has(socket)) outgoing.destroy();
    });
    outgoing.once('close', () => onward.destroy());
    onward.end();
  };
  const listen = async (): Promise<void> => {
    if (server !== undefined) return;
    server = createServer({ keepAliveTimeout: 0 }, forward);
    server.on('connection', (socket: Socket) => {
      sockets.add(socket);
      if (silent) stuck.add(socket);
      socket.once('close', () => {
        sockets.delete(socket);
        stuck.delete(socket);
      });
    });
    server.listen(socketPath);
    await once(server, 'listening');
  };
  const refuse = async (): Promise<void> => {
    const last = server;
    server = undefined;
    for (const socket of sockets) socket.destroy();
    if (last !== undefined) await new Promise((resolve) => last.close(resolve));
  };

  await listen();
  return {
    address: `unix://${socketPath}`,
    streams: () => streams.size,
    spoiled,
    refuse,
    listen,
    cut: (place) => {
      for (const stream of streams) stream.cut(place);
    },
    eatLines: (count) => {
      for (const stream of streams) stream.eatLines(count);
    },
    eatTail: () => {
      for (const stream of streams) stream.eatTail();
    },
    silence: (on, cut = false) => {
      silent = on;
      if (on) for (const socket of sockets) stuck.add(socket);
      else if (cut) for (const socket of stuck) socket.destroy();
    },
    answer: (next) => {
      wrong = next;
    },
    delay: (ms) => {
      delayMs = ms;
    },
    tear: (on) => {
      torn = on;
    },
    close: refuse,
  };
}
