import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

export type Answer = (response: ServerResponse, request: IncomingMessage) => void;

/** A cAdvisor that a test writes by hand: it keeps what it told, and tells it to all that listen. */
export interface CadvisorServer {
  readonly address: string;
  readonly host: string;
  /** What it keeps; a test may change it, as a restart does. */
  kept: object[];
  /** What it knows of containers, by cgroup. */
  specs: Readonly<Record<string, object>>;
  /** In place of its own answers, by kind. */
  readonly answers: { stream?: Answer; list?: Answer; spec?: Answer };
  /** `GET /path?query` of every request so far. */
  readonly requests: readonly string[];
  /** Streams open at the moment. */
  readonly listeners: () => number;
  /** Keeps an event and tells it, in the words of cAdvisor. */
  readonly emit: (event: object) => void;
  /** Sends bytes on all streams. */
  readonly write: (bytes: string | Buffer) => void;
  /** Cuts all connections, as a cAdvisor that is stopped: without a last chunk. */
  readonly cut: () => void;
  readonly down: () => Promise<void>;
  readonly up: () => Promise<void>;
}

export async function cadvisorServer(): Promise<CadvisorServer> {
  const requests: string[] = [];
  const sockets = new Set<Socket>();
  const streams = new Set<ServerResponse>();
  let port = 0;
  let server: Server | undefined;

  const stream: Answer = (response) => {
    // As recorded: no Content-Type, and the headers at once.
    response.writeHead(200).flushHeaders();
    streams.add(response);
    response.on('close', () => streams.delete(response));
  };
  const list: Answer = (response) => {
    response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(cadvisor.kept));
  };
  const spec: Answer = (response, { url = '' }) => {
    const cgroup = decodeURIComponent(
      new URL(url, 'http://cadvisor').pathname.slice('/api/v2.0/spec'.length),
    );
    if (url.includes('recursive=true')) return void response.end(JSON.stringify(cadvisor.specs));
    const found = cadvisor.specs[cgroup];
    if (found === undefined)
      response.writeHead(500, { 'Content-Type': 'text/plain' }).end(`unknown container "${cgroup}"\n`);
    else response.end(JSON.stringify({ [cgroup]: found }));
  };
  const kindOf = (url: string): 'stream' | 'list' | 'spec' => {
    if (url.startsWith('/api/v2.0/spec/')) return 'spec';
    return new URL(url, 'http://cadvisor').searchParams.get('stream') === 'true' ? 'stream' : 'list';
  };
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  const cadvisor: CadvisorServer = {
    get address() {
      return `http://127.0.0.1:${port}`;
    },
    get host() {
      return `127.0.0.1:${port}`;
    },
    kept: [],
    specs: {},
    answers: {},
    requests,
    listeners: () => streams.size,
    emit(event) {
      cadvisor.kept.push(event);
      cadvisor.write(`${JSON.stringify(event)}\n`);
    },
    write(bytes) {
      for (const response of streams) response.write(bytes);
    },
    cut,
    async down() {
      const closing = server!;
      server = undefined;
      closing.close();
      cut();
      await once(closing, 'close');
    },
    async up() {
      server = createServer((request, response) => {
        const { method = '', url = '' } = request;
        requests.push(`${method} ${url}`);
        const kind = kindOf(url);
        (cadvisor.answers[kind] ?? { stream, list, spec }[kind])(response, request);
      });
      server.on('connection', (socket: Socket) => {
        sockets.add(socket);
        socket.on('error', () => undefined);
        socket.once('close', () => sockets.delete(socket));
      });
      server.listen(port, '127.0.0.1');
      await once(server, 'listening');
      ({ port } = server.address() as AddressInfo);
    },
  };
  await cadvisor.up();
  return cadvisor;
}

const ID = '0123456789abcdef'.repeat(4);
/** A container's id that ends with a number. */
export const idOf = (n: number): string => ID.slice(0, 56) + n.toString(16).padStart(8, '0');

/** An event in the words of cAdvisor; second 0 is in 2026. */
export const told = (type: string, cgroup: string, second: number, data: object = {}): object => ({
  container_name: cgroup,
  timestamp: new Date(1_795_300_000_000 + second * 1000).toISOString(),
  event_type: type,
  event_data: data,
});
export const created = (cgroup: string, second: number): object => told('containerCreation', cgroup, second);
export const deleted = (cgroup: string, second: number): object => told('containerDeletion', cgroup, second);
