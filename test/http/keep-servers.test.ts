import { expect } from 'chai';
import { withShared } from '../../src/core/shared.ts';
import { keepServers, openHttp } from '../../src/http/open-http.ts';
import { freePort } from '../harness/free-port.ts';
import { ask } from './asking.ts';

describe('keepServers', () => {
  it('keeps a server open while nobody uses it: who asks waits for the next to answer', () =>
    withShared(async () => {
      const listen = `127.0.0.1:${await freePort()}`;
      const before = await openHttp(listen);
      before.mount('/metrics', (_request, response) => void response.end('before'));
      const end = await keepServers();
      await before.release();
      const asked = ['/metrics', '/metrics', '/gone'].map((path) => ask(before.url + path));
      expect(await ask(`${before.url}/healthz`)).to.include({ status: 200 });
      const after = await openHttp(listen);
      after.mount('/metrics', (_request, response) => void response.end('after'));
      expect(await asked[0]).to.include({ status: 200, body: 'after' });
      expect(await asked[1]).to.include({ status: 200, body: 'after' });
      await end();
      expect(await asked[2]).to.include({ status: 404 });
      expect(await ask(`${after.url}/gone`)).to.include({ status: 404 });
      await after.release();
      expect(await ask(after.url).catch(() => 'closed')).to.equal('closed');
    }));

  it('closes at its end what nobody uses any more, and tells who waited', () =>
    withShared(async () => {
      const mount = await openHttp('127.0.0.1:0');
      const end = await keepServers();
      await mount.release();
      const asked = ask(`${mount.url}/metrics`);
      expect(await ask(`${mount.url}/healthz`)).to.include({ status: 200 });
      await end();
      expect(await asked).to.include({ status: 404 });
      expect(await ask(mount.url).catch(() => 'closed')).to.equal('closed');
    }));
});
