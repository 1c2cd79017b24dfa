import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A server that takes what is posted to it, and keeps it. */
export interface Hook {
  readonly url: () => string;
  readonly posts: readonly { readonly type: string | undefined; readonly body: string }[];
  /** The status of each answer to come; then 200. */
  readonly answers: number[];
}

export function useHook(): Hook {
  const posts: { type: string | undefined; body: string }[] = [];
  const answers: number[] = [];
  let server: Server;
  beforeEach((done) => {
    posts.length = 0;
    answers.length = 0;
    server = createServer((request, response) => {
      let body = '';
      request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
      request.on('end', () => {
        posts.push({ type: request.headers['content-type'], body });
        response.writeHead(answers.shift() ?? 200).end();
      });
    }).listen(0, '127.0.0.1', done);
  });
  afterEach((done) => {
    server.closeAllConnections();
    server.close(() => done());
  });
  return { url: () => `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`, posts, answers };
}
