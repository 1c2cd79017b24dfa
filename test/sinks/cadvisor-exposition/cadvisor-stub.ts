import { once } from 'node:events';
import { createServer } from 'node:http';
import type { ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Answers as a cAdvisor does that keeps what a recorded list has. */
export interface CadvisorStub {
  readonly address: string;
  /** `127.0.0.1:PORT`. */
  readonly host: string;
  readonly requests: readonly string[];
  /** What it answers from now on, with every stream it has open ended. */
  readonly become: (body: string, status?: number) => void;
  /** Sends a line to all who stream. */
  readonly happen: (event: object) => void;
  readonly streams: () => number;
  /** Answers nothing until what it returns is called. */
  readonly hold: () => () => void;
  readonly close: () => Promise<void>;
}

/** Without a body it accepts connections and answers nothing. */
export async function cadvisorStub(body: string | undefined, status = 200): Promise<CadvisorStub> {
  let answer = { body, status };
  const requests: string[] = [];
  const streams = new Set<ServerResponse>();
  let held = Promise.resolve();
  const reply = (url: string, response: ServerResponse): void => {
    if (answer.body === undefined) return;
    if (!url.startsWith('/api/v1.3/events')) response.writeHead(404).end();
    else if (!url.includes('stream=true') || answer.status !== 200)
      response.writeHead(answer.status).end(answer.body);
    else {
      streams.add(response);
      response.once('close', () => streams.delete(response));
      response.flushHeaders();
    }
  };
  const server = createServer(({ url = '' }, response) => {
    requests.push(url);
    void held.then(() => reply(url, response));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    address: `http://${host}`,
    host,
    requests,
    become(next, nextStatus = 200) {
      answer = { body: next, status: nextStatus };
      for (const stream of streams) stream.destroy();
      streams.clear();
    },
    happen(event) {
      for (const stream of streams) stream.write(`${JSON.stringify(event)}\n`);
    },
    streams: () => streams.size,
    hold() {
      let release = (): void => undefined;
      held = new Promise((resolve) => (release = resolve));
      return release;
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
