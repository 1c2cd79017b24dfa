import { expect } from 'chai';
import type { Duplex } from 'node:stream';
import { openHttp } from '../../src/http/open-http.ts';
import type { HttpMount } from '../../src/http/open-http.ts';
import { sayText } from '../../src/http/routes.ts';
import { released, resources } from '../contracts/resources.ts';
import { ask, dial } from './asking.ts';

const asking = (path: string, more = ''): string =>
  `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n${more}\r\n`;

describe('a request for another protocol', () => {
  let mount: HttpMount;
  let before: Awaited<ReturnType<typeof resources>>;
  const taken: Duplex[] = [];
  beforeEach(async () => {
    before = await resources();
    mount = await openHttp('127.0.0.1:0');
    mount.mount('/plain', (_request, response) => void response.end('plain'));
    mount.mount(
      '/other',
      (_request, response) => void response.end('ask for another protocol'),
      (request, socket, head, answer) => {
        if (request.headers['x-no'] !== undefined) return sayText(answer(), 403, 'no');
        taken.push(socket);
        socket.write(`taken over${head.toString()}`);
      },
    );
  });
  afterEach(async () => {
    for (const socket of taken.splice(0)) socket.destroy();
    await mount.release();
    await released(before);
  });

  it('is taken over by who speaks one, with what has come behind it', async () => {
    const { socket, says } = await dial(mount.url);
    socket.write(`${asking('/other')} and more`);
    await says('taken over and more');
    socket.destroy();
  });

  it('is answered as any other where nobody does', async () => {
    for (const [path, wanted] of [
      ['/plain', /^HTTP\/1\.1 200 [^]*plain/],
      ['/nowhere', /^HTTP\/1\.1 404 /],
    ] as const) {
      const { socket, all } = await dial(mount.url);
      socket.write(asking(path));
      expect(await all)
        .to.match(wanted)
        .and.match(/\r\nConnection: close\r\n/i);
    }
  });

  it('is refused with an answer, which forbids a browser all but to show it', async () => {
    const { socket, all } = await dial(mount.url);
    socket.write(asking('/other', 'X-No: 1\r\n'));
    expect(await all)
      .to.match(/^HTTP\/1\.1 403 [^]*no\n$/)
      .and.contain('X-Content-Type-Options: nosniff');
  });

  it('is refused to who asks for another host', async () => {
    const { socket, all } = await dial(mount.url);
    socket.write(asking('/other').replace('localhost', 'evil.example.org'));
    expect(await all).to.match(/^HTTP\/1\.1 403 /);
    expect(taken).to.deep.equal([]);
  });

  it('counts no more against the connections of the server', async () => {
    const wires = [];
    for (let i = 0; i < 150; i += 1) {
      const wire = await dial(mount.url);
      wire.socket.write(asking('/other'));
      await wire.says('taken over');
      wires.push(wire);
    }
    expect(await ask(`${mount.url}/other`)).to.include({ status: 200, body: 'ask for another protocol' });
    for (const { socket } of wires) socket.destroy();
  });
});
