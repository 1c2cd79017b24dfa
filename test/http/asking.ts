import { once } from 'node:events';
import { request } from 'node:http';
import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http';
import { connect } from 'node:net';
import type { Socket } from 'node:net';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Asking {
  readonly method?: string;
  readonly headers?: OutgoingHttpHeaders;
  readonly body?: string;
}

/** Asks on a connection of its own. */
export function ask(url: string, { method = 'GET', headers = {}, body }: Asking = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request(url, { method, headers, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (part: string) => (text += part));
      response.on('error', reject);
      response.on('end', () =>
        resolve({ status: response.statusCode!, headers: response.headers, body: text }),
      );
    });
    asked.on('error', reject);
    asked.end(body);
  });
}

export interface Wire {
  readonly socket: Socket;
  /** All that has come, once the other side has closed the connection. */
  readonly all: Promise<string>;
  /** Resolves once the text has come. */
  readonly says: (text: string) => Promise<void>;
}

/** A connection whose bytes the test writes. */
export async function dial(url: string): Promise<Wire> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  let text = '';
  const looks = new Set<() => void>();
  socket.setEncoding('latin1').on('data', (part: string) => {
    text += part;
    for (const look of looks) look();
  });
  const all = new Promise<string>((resolve) => {
    // How it ends, by a reset too, is left to the test that reads what has come.
    socket.on('error', () => undefined).on('close', () => resolve(text));
  });
  const says = (wanted: string): Promise<void> =>
    new Promise((resolve) => {
      const look = (): void => {
        if (text.includes(wanted)) resolve();
      };
      looks.add(look);
      look();
    });
  await once(socket, 'connect');
  return { socket, all, says };
}
