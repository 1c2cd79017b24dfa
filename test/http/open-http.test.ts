import { expect } from 'chai';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { withShared } from '../../src/core/shared.ts';
import { listenInstead, openHttp } from '../../src/http/open-http.ts';
import type { HttpMount } from '../../src/http/open-http.ts';
import { released, resources } from '../contracts/resources.ts';
import { ask, dial } from './asking.ts';

const ANY = '127.0.0.1:0';
type Handling = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;
const say =
  (text: string): Handling =>
  (_request, response) =>
    void response.end(text);

describe('openHttp', () => {
  const mounts: HttpMount[] = [];
  const open = async (listen = ANY, tell?: (message: string) => void): Promise<HttpMount> => {
    const mount = await openHttp(listen, tell);
    mounts.push(mount);
    return mount;
  };
  const errorOf = async (promise: Promise<unknown>): Promise<unknown> =>
    promise.catch((error: unknown) => error);
  afterEach(async () => {
    await Promise.all(mounts.splice(0).map((mount) => mount.release()));
  });

  describe('answers', () => {
    it('what is mounted at the exact path, whatever the query', async () => {
      const { url, mount } = await open();
      mount('/metrics', (request, response) => void response.end(`asked for ${request.url}`));
      expect(await ask(`${url}/metrics`)).to.include({ status: 200, body: 'asked for /metrics' });
      expect(await ask(`${url}/metrics?a=1`)).to.include({ body: 'asked for /metrics?a=1' });
    });

    it('every path below one with a trailing *, the longest first, and none beside it', async () => {
      const { url, mount } = await open();
      mount('/proxy/*', say('below'));
      mount('/proxy/local/*', say('local'));
      mount('/proxy/exact', say('exact'));
      const bodies = async (...paths: readonly string[]): Promise<readonly string[]> =>
        Promise.all(paths.map(async (path) => (await ask(url + path)).body));
      expect(
        await bodies('/proxy/', '/proxy/http://a:8080/x', '/proxy/local/x', '/proxy/exact', '/proxy/exact/'),
      ).to.deep.equal(['below', 'below', 'local', 'exact', 'below']);
      expect(await ask(`${url}/proxy`)).to.include({ status: 404 });
    });

    it('with the paths there are at / and where there is nothing', async () => {
      const { url, mount } = await open();
      mount('/metrics', say(''));
      const list = '/\n/healthz\n/metrics\n/readyz\n';
      expect(await ask(url)).to.include({ status: 200, body: `dockrx serves:\n${list}` });
      expect(await ask(`${url}/metric`)).to.include({
        status: 404,
        body: `There is nothing here. There is:\n${list}`,
      });
    });

    it('HEAD as GET, without the body', async () => {
      const { url, mount } = await open();
      mount('/metrics', (_request, response) => {
        response.setHeader('Content-Length', 5);
        response.end('hello');
      });
      const { status, headers, body } = await ask(`${url}/metrics`, { method: 'HEAD' });
      expect({ status, length: headers['content-length'], body }).to.deep.equal({
        status: 200,
        length: '5',
        body: '',
      });
    });

    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'TRACE'])
      it(`${method} with what it takes, and asks no handler`, async () => {
        const { url, mount } = await open();
        let asked = 0;
        mount('/metrics', (_request, response) => {
          asked += 1;
          response.end();
        });
        const { status, headers } = await ask(`${url}/metrics`, { method });
        expect({ status, allow: headers.allow, asked }).to.deep.equal({
          status: 405,
          allow: 'GET, HEAD',
          asked: 0,
        });
      });

    it('without waiting for what a POST goes on to send', async () => {
      const { url } = await open();
      const { socket, all } = await dial(url);
      socket.write('POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\nx');
      expect(await all).to.match(/^HTTP\/1.1 405 /);
    });
  });

  describe('keeps browsers out', () => {
    const SAFE = {
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
      'cross-origin-resource-policy': 'same-origin',
    };

    it('by headers on every answer, and none that lets another site read', async () => {
      const { url, mount } = await open();
      mount('/metrics', say(''));
      mount('/broken', () => {
        throw new Error('on purpose');
      });
      for (const [path, method] of [
        ['/'],
        ['/metrics'],
        ['/none'],
        ['/broken'],
        ['/healthz'],
        ['/', 'POST'],
      ] as const) {
        const { headers } = await ask(url + path, {
          ...(method && { method }),
          headers: { Origin: 'http://evil.example' },
        });
        expect(headers, path).to.include(SAFE);
        expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).to.deep.equal([]);
      }
    });

    it('but lets a handler say otherwise', async () => {
      const { url, mount } = await open();
      mount('/page', (_request, response) => {
        response.writeHead(200, { 'Content-Security-Policy': "default-src 'self'" }).end();
      });
      const { headers } = await ask(`${url}/page`);
      expect(headers).to.include({ ...SAFE, 'content-security-policy': "default-src 'self'" });
    });

    it('by the name they ask for, when it listens on loopback', async () => {
      const { url, mount } = await open();
      mount('/metrics', say('here'));
      const port = new URL(url).port;
      const status = async (host: string): Promise<number> =>
        (await ask(`${url}/metrics`, { headers: { Host: host } })).status;
      for (const host of [
        'localhost',
        `localhost:${port}`,
        'LOCALHOST:1234',
        `127.0.0.1:${port}`,
        `[::1]:${port}`,
      ])
        expect(await status(host), host).to.equal(200);
      for (const host of [
        `evil.example:${port}`,
        'localhost.evil.example',
        '127.0.0.1.evil.example',
        '10.0.0.1',
        '[::2]',
      ])
        expect(await status(host), host).to.equal(403);
    });

    it('and answers any name where it was told to listen elsewhere', async () => {
      const { url, mount } = await open('0.0.0.0:0');
      mount('/metrics', say('here'));
      const local = url.replace('0.0.0.0', '127.0.0.1');
      expect(await ask(`${local}/metrics`, { headers: { Host: 'docker-host.example' } })).to.include({
        status: 200,
      });
    });

    it('also without a name in HTTP/1.0', async () => {
      const { url } = await open();
      const { socket, all } = await dial(url);
      socket.write('GET /healthz HTTP/1.0\r\n\r\n');
      expect(await all).to.match(/^HTTP\/1.1 200 /);
    });
  });

  describe('when a handler fails', () => {
    it('answers 500 without what it had begun to say, and tells once until it works again', async () => {
      const told: string[] = [];
      const { url, mount } = await open(ANY, (message) => told.push(message));
      let broken = true;
      mount('/metrics', (_request, response) => {
        response.setHeader('Content-Encoding', 'gzip');
        if (broken) return Promise.reject(new Error('the buffer is gone'));
        response.end();
        return;
      });
      const { status, headers, body } = await ask(`${url}/metrics`);
      expect({ status, body }).to.deep.equal({
        status: 500,
        body: 'The answer could not be made; the log of dockrx says why.\n',
      });
      expect(headers).not.to.have.property('content-encoding');
      await ask(`${url}/metrics`);
      const first = '/metrics could not be answered: the buffer is gone';
      expect(told).to.deep.equal([first]);
      broken = false;
      await ask(`${url}/metrics`);
      broken = true;
      await ask(`${url}/metrics`);
      expect(told).to.deep.equal([first, first]);
    });

    it('cuts off what has begun, so that nobody takes it for whole', async () => {
      const told: string[] = [];
      const { url, mount } = await open(ANY, (message) => told.push(message));
      mount('/metrics', async (_request, response) => {
        await new Promise<void>((resolve) => response.write('a 1\n', () => resolve()));
        throw new Error('halfway');
      });
      expect(await errorOf(ask(`${url}/metrics`))).to.include({ code: 'ECONNRESET' });
      expect(told).to.have.length(1);
      expect(await ask(`${url}/healthz`)).to.include({ status: 200 });
    });

    it('does not mind a client that leaves', async () => {
      const told: string[] = [];
      const { url, mount } = await open(ANY, (message) => told.push(message));
      let left: Promise<unknown> | undefined;
      const asked = new Promise<void>((resolve) =>
        mount('/metrics', async (_request, response) => {
          left = once(response, 'close');
          resolve();
          await left;
          response.write('to nobody');
          throw new Error('the client has left');
        }),
      );
      const { socket } = await dial(url);
      socket.write('GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n');
      await asked;
      socket.destroy();
      await left;
      expect(await ask(`${url}/healthz`)).to.include({ status: 200 });
      expect(told).to.deep.equal([]);
    });
  });

  describe('is shared', () => {
    it('by all who ask for one address, and closed by the last', () =>
      withShared(async () => {
        const before = await resources();
        const one = await openHttp(ANY);
        const other = await openHttp(ANY);
        expect(one.url).to.equal(other.url);
        one.mount('/one', say('one'));
        other.mount('/other', say('other'));
        expect((await ask(`${one.url}/other`)).body).to.equal('other');
        await one.release();
        await one.release();
        expect(await ask(`${one.url}/one`)).to.include({ status: 404 });
        expect(await ask(`${one.url}/other`)).to.include({ body: 'other' });
        await other.release();
        expect(await errorOf(ask(`${one.url}/other`))).to.include({ code: 'ECONNREFUSED' });
        await released(before);
      }));

    it('also when they ask at once, and not with another address or another process', async () => {
      const both = await withShared(() => Promise.all([open(), open(), open('[::1]:0')]));
      const [one, other, six] = both.map(({ url }) => url);
      expect(one).to.equal(other);
      expect(six).not.to.equal(one);
      expect((await withShared(() => open())).url).not.to.equal(one);
      expect((await open()).url).not.to.equal(one);
    });

    it('by one who comes while it closes: who waits, and opens it anew', () =>
      withShared(async () => {
        const first = await openHttp(ANY);
        const listen = first.url.replace('http://', '');
        const one = await openHttp(listen).catch((error: unknown) => error);
        // It is listened on under another name: 0.
        expect(one).to.include({ code: 'SINK_REFUSED' });
        await first.release();
        const second = await openHttp(listen);
        let answer!: ServerResponse;
        const asked = new Promise<void>((resolve) =>
          second.mount('/slow', (_request, response) => {
            answer = response;
            resolve();
          }),
        );
        const slow = ask(`${second.url}/slow`);
        await asked;
        const closed = second.release();
        const third = openHttp(listen);
        answer.end('whole');
        expect(await slow).to.include({ body: 'whole' });
        await closed;
        expect((await third).url).to.equal(second.url);
        await (await third).release();
      }));

    it('with a path for each: who takes one that is taken is told', () =>
      withShared(async () => {
        const [one, other] = [await open(), await open()];
        one.mount('/metrics', say('one'));
        const address = one.url.replace('http://', '');
        for (const path of ['/metrics', '/', '/healthz', '/readyz'])
          expect(() => other.mount(path, say('other')))
            .to.throw(`${path} is served twice at ${address}: give one of the two another path`)
            .with.property('code', 'CONFIG_INVALID');
        await one.release();
        other.mount('/metrics', say('other'));
        expect(await ask(`${other.url}/metrics`)).to.include({ body: 'other' });
      }));

    it('again, when it could not be opened the first time', () =>
      withShared(async () => {
        const taken = await withShared(() => new Promise<HttpMount>((resolve) => void open().then(resolve)));
        const listen = taken.url.replace('http://', '').replace('127.0.0.1', 'localhost');
        const [first, second] = await Promise.all([errorOf(openHttp(listen)), errorOf(openHttp(listen))]);
        expect(first).to.include({ code: 'SINK_REFUSED' });
        expect(second).to.equal(first);
        await taken.release();
        expect((await open(listen)).url).to.equal(taken.url);
      }));
  });

  it('listens where the process was told to, whatever is asked for', () =>
    withShared(async () => {
      listenInstead(undefined);
      listenInstead('[::1]:0');
      expect((await open('127.0.0.1:1')).url).to.match(/^http:\/\/\[::1\]:\d+$/);
    }));

  it('refuses what is no address', async () => {
    expect(await errorOf(openHttp('9808'))).to.include({
      code: 'CONFIG_INVALID',
      message: 'cannot listen on 9808: it must be HOST:PORT',
    });
  });
});
