import { expect } from 'chai';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { showAddress } from '../../src/http/address.ts';
import { LIMITS, openServer } from '../../src/http/server.ts';
import type { HttpServer, Limits } from '../../src/http/server.ts';
import { released, resources } from '../contracts/resources.ts';
import { ask, dial } from './asking.ts';

type Answering = (request: IncomingMessage, response: ServerResponse) => void;

const FREE = { host: '127.0.0.1', port: 0 };
const urlOf = ({ address }: HttpServer): string => `http://${showAddress(address)}`;
const refuse = (_request: IncomingMessage, socket: Duplex): void => void socket.destroy();
const GET = 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n';

describe('openServer', () => {
  const servers: HttpServer[] = [];
  const serve = async (answer: Answering, limits: Partial<Limits> = {}): Promise<HttpServer> => {
    const server = await openServer(FREE, answer, refuse, { ...LIMITS, ...limits });
    servers.push(server);
    return server;
  };
  const hello: Answering = (_request, response) => void response.end('hello');
  afterEach(async () => {
    await Promise.all(servers.splice(0).map((server) => server.close().catch(() => undefined)));
  });

  it('answers, and lets go of everything when closed', async () => {
    const before = await resources();
    const server = await openServer(FREE, hello, refuse);
    expect(server.address.port).to.be.above(0);
    expect(await ask(urlOf(server))).to.include({ status: 200, body: 'hello' });
    await server.close();
    await released(before);
  });

  it('listens on IPv6', async () => {
    const server = await openServer({ host: '::1', port: 0 }, hello, refuse);
    servers.push(server);
    expect(urlOf(server)).to.match(/^http:\/\/\[::1\]:\d+$/);
    expect(await ask(urlOf(server))).to.include({ body: 'hello' });
  });

  it('says which address is in use, and what to do', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const error: unknown = await openServer({ host: '127.0.0.1', port }, hello, refuse).catch(
      (reason: unknown) => reason,
    );
    other.close();
    expect(error).to.include({
      code: 'SINK_REFUSED',
      message: `cannot listen on 127.0.0.1:${port} (EADDRINUSE): another program listens there: stop that one, or choose another address (listen, or --listen HOST:PORT; port 0 takes a free one)`,
    });
  });

  it('says when the machine does not have the address', async () => {
    const error: unknown = await openServer({ host: '192.0.2.1', port: 0 }, hello, refuse).catch(
      (reason: unknown) => reason,
    );
    expect(error).to.include({ code: 'SINK_REFUSED' });
    expect(String(error)).to.contain(
      'cannot listen on 192.0.2.1:0 (EADDRNOTAVAIL): this machine does not have',
    );
  });

  describe('lets no client hold it up', () => {
    it('refuses headers that are too large', async () => {
      const server = await serve(hello, { headerBytes: 1000 });
      expect(await ask(urlOf(server), { headers: { 'X-Large': 'x'.repeat(2000) } })).to.include({
        status: 431,
      });
      expect(await ask(urlOf(server), { headers: { 'X-Small': 'x'.repeat(500) } })).to.include({
        status: 200,
      });
    });

    it('ends a request that never comes to an end', async () => {
      const server = await serve(hello, { requestMs: 50 });
      const { socket, all } = await dial(urlOf(server));
      socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n');
      expect(await all).to.match(/^HTTP\/1.1 408 /);
    });

    it('ends a connection that asks nothing', async () => {
      const server = await serve(hello, { requestMs: 50 });
      const { all } = await dial(urlOf(server));
      expect(await all).to.match(/^HTTP\/1.1 408 /);
    });

    it('ends one that comes byte by byte, headers and body', async () => {
      const server = await serve(() => undefined, { requestMs: 50 });
      for (const start of [
        'GET / HTTP/1.1\r\nX: ',
        'GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9999999\r\n\r\n',
      ]) {
        const { socket, all } = await dial(urlOf(server));
        socket.write(start);
        const drip = setInterval(() => socket.write('x'), 5);
        await all;
        clearInterval(drip);
      }
    });

    it('ends a connection on which nothing passes', async () => {
      const server = await serve(() => undefined, { silentMs: 50 });
      const { socket, all } = await dial(urlOf(server));
      socket.write(GET);
      expect(await all).to.equal('');
    });

    it('ends a reader that does not read', async () => {
      const length = 64 * 1024 * 1024;
      let closed: Promise<unknown> | undefined;
      const server = await serve(
        (_request, response) => {
          closed = once(response, 'close');
          response.end(Buffer.alloc(length));
        },
        { silentMs: 50 },
      );
      const { socket, all, says } = await dial(urlOf(server));
      socket.write(GET);
      await says('200 OK');
      socket.pause();
      await closed;
      socket.resume();
      expect((await all).length).to.be.below(length);
    });

    it('keeps a connection for the next request, and not for long', async () => {
      const server = await serve(hello, { idleMs: 50 });
      const { socket, all, says } = await dial(urlOf(server));
      socket.write(GET);
      await says('hello');
      socket.write(GET.replace('/ ', '/again '));
      expect((await all).split('HTTP/1.1 200')).to.have.length(3);
    });

    it('closes connections beyond the limit at once', async () => {
      const server = await serve(hello, { connections: 2 });
      const first = await dial(urlOf(server));
      const second = await dial(urlOf(server));
      const third = await dial(urlOf(server));
      expect(await third.all).to.equal('');
      first.socket.destroy();
      second.socket.write(GET);
      await second.says('hello');
    });
  });

  describe('when it is closed', () => {
    /** A server that has been asked, and whose answer the test gives. */
    const asked = async (limits: Partial<Limits> = {}) => {
      let got!: (response: ServerResponse) => void;
      const response = new Promise<ServerResponse>((resolve) => (got = resolve));
      const server = await serve((_request, answer) => got(answer), limits);
      const wire = await dial(urlOf(server));
      wire.socket.write(GET);
      return { server, wire, response: await response };
    };

    it('answers what is under way, whole, also to a slow reader, and nobody else', async () => {
      const { server, wire, response } = await asked();
      wire.socket.pause();
      const length = 8 * 1024 * 1024;
      response.end(Buffer.alloc(length, 'x'));
      const closed = server.close();
      const refused: unknown = await ask(urlOf(server)).catch((reason: unknown) => reason);
      expect(refused).to.include({ code: 'ECONNREFUSED' });
      wire.socket.resume();
      const all = await wire.all;
      expect(all.length - all.indexOf('\r\n\r\n') - 4).to.equal(length);
      await closed;
    });

    it('does not wait for ever', async () => {
      const { server, wire } = await asked({ drainMs: 20 });
      await server.close();
      expect(await wire.all).to.equal('');
    });

    it('closes connections that wait for a next request', async () => {
      const server = await serve(hello);
      const { socket, all, says } = await dial(urlOf(server));
      socket.write(GET);
      await says('hello');
      await server.close();
      await all;
    });
  });
});
