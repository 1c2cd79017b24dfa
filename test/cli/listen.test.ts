import { expect } from 'chai';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { get } from 'node:https';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { authority, forServer } from '../engine/certificates.ts';
import { ask } from '../http/asking.ts';
import { logLines, useFolder } from './program.ts';

/** A sink that serves the number of records it has had. */
const SERVING_SINK = `
import { openHttp } from 'dockrx';
import type { HttpMount, Sink } from 'dockrx';
import { Observable } from 'rxjs';

export const serving = (path: string, listen?: string): Sink<unknown> =>
  function serving(records) {
    return new Observable((out) => {
      let count = 0;
      let http: HttpMount | undefined;
      const announced = 'http://' + listen + path;
      const ledger = { received: 0, delivered: 0, rejected: {}, dropped: {}, inFlight: 0, inFlightBytes: 0 };
      out.next({ type: 'open', ledger, target: announced });
      const opening = openHttp(listen, (message) => out.next({ type: 'notice', message })).then((opened) => {
        http = opened;
        http.mount(path, (_request, response) => void response.end(String(count)));
        out.next({ type: 'opened', target: http.url + path, serves: true, announced });
      });
      opening.catch((error: unknown) => out.error(error));
      return records.subscribe({
        next: () => {
          count += 1;
          out.next({ type: 'delivered', count: 1 });
        },
        complete: () => void opening.then(() => http?.release()).then(() => out.complete()),
      });
    });
  };
`;
const counting = (name: string, listen?: string): string => `
import { pipeline } from 'dockrx';
import { concat, NEVER, range } from 'rxjs';
import { serving } from './serving.ts';
export default pipeline('${name}', concat(range(1, 1000), NEVER), serving('/${name}', ${JSON.stringify(listen)}));
`;

describe('cli: run --listen', () => {
  const folder = useFolder();
  beforeEach(() => folder.write({ 'serving.ts': SERVING_SINK }));

  const servedAt = (stderr: string): readonly string[] =>
    logLines(stderr)
      .filter(({ fact }) => fact === 'opened')
      .map(({ msg, target, level }) => {
        expect({ msg, level }).to.deep.equal({ msg: `serving ${String(target)}`, level: 'info' });
        return String(target);
      });

  for (const [how, args, env] of [
    ['--listen', ['--listen', '127.0.0.1:0'], {}],
    ['DOCKRX_LISTEN', [], { DOCKRX_LISTEN: '127.0.0.1:0' }],
    ['--listen before DOCKRX_LISTEN', ['--listen', '127.0.0.1:0'], { DOCKRX_LISTEN: '127.0.0.1:1' }],
  ] as const)
    it(`serves all pipelines of the process where ${how} says, and says where`, async () => {
      folder.write({ 'a.ts': counting('a', '192.0.2.1:1'), 'b.ts': counting('b') });
      const { child, says, done } = folder.start(['run', ...args, 'a.ts', 'b.ts'], env);
      let stderr = '';
      child.stderr!.on('data', (text: string) => (stderr += text));
      await says(/serving http.*\/a/);
      await says(/serving http.*\/b/);
      const [a, b] = servedAt(stderr).toSorted((one, other) => one.at(-1)!.localeCompare(other.at(-1)!));
      expect(a).to.match(/^http:\/\/127\.0\.0\.1:\d+\/a$/);
      expect(b).to.equal(a!.replace(/a$/, 'b'));
      expect([(await ask(a!)).body, (await ask(b!)).body]).to.deep.equal(['1000', '1000']);
      const health = await ask(new URL('/healthz', a).href);
      expect(JSON.parse(health.body)).to.deep.equal({ pipelines: { a: 'running', b: 'running' } });
      expect(await ask(new URL('/readyz', a).href)).to.include({ status: 200 });
      child.kill('SIGTERM');
      expect((await done).code).to.equal(0);
      const ends = logLines(stderr).filter(({ outcome }) => outcome !== undefined);
      expect(ends.map(({ targets }) => targets).toSorted()).to.deep.equal([[a], [b]]);
      expect(await ask(a!).catch((error: unknown) => error)).to.include({ code: 'ECONNREFUSED' });
    });

  it('fails at once, and says what to do, where another program listens', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    folder.write({ 'a.ts': counting('a', `127.0.0.1:${port}`) });
    const { code, stderr } = await folder.run(['run', 'a.ts']);
    other.close();
    expect(code).to.equal(1);
    const failed = logLines(stderr).find(({ fact }) => fact === 'failed');
    expect(failed).to.include({ pipeline: 'a', level: 'error' });
    expect(failed!['msg']).to.match(/EADDRINUSE\): another program listens there: .*--listen HOST:PORT/);
  });

  it('is refused in the environment, too, when it is no address', async () => {
    const { code, stderr } = await folder.run(['run', 'a.ts'], { DOCKRX_LISTEN: '9808' });
    expect(code).to.equal(2);
    expect(stderr).to.match(
      /^error: option '--listen <host:port>' value '9808' from env 'DOCKRX_LISTEN' is invalid\./,
    );
  });

  it('speaks TLS with --tls-cert and --tls-key', async () => {
    const own = authority(folder.path, 'own').issue('localhost', forServer('IP:127.0.0.1'));
    folder.write({ 'a.ts': counting('a') });
    const tls = ['--tls-cert', join(own, 'cert.pem'), '--tls-key', join(own, 'key.pem')];
    const { child, says, done } = folder.start(['run', '--listen', '127.0.0.1:0', ...tls, 'a.ts']);
    let stderr = '';
    child.stderr!.on('data', (text: string) => (stderr += text));
    await says(/serving https.*\/a/);
    const [url] = servedAt(stderr);
    const ca = readFileSync(join(own, 'ca.pem'));
    const [answer] = (await once(get(url!, { ca, agent: false }), 'response')) as [IncomingMessage];
    expect(answer.statusCode).to.equal(200);
    answer.resume();
    child.kill('SIGTERM');
    expect((await done).code).to.equal(0);
  });

  for (const [what, args, says] of [
    ['a certificate without its key', ['--tls-cert', 'a.ts'], /--tls-cert and --tls-key belong together/],
    ['files that are none', ['--tls-cert', 'a.ts', '--tls-key', 'a.ts'], /a.ts and a.ts are no certificate/],
    ['files that are not there', ['--tls-cert', 'no.pem', '--tls-key', 'a.ts'], /--tls-cert: .*no.pem/],
  ] as const)
    it(`refuses ${what}`, async () => {
      folder.write({ 'a.ts': counting('a') });
      const { code, stderr } = await folder.run(['run', ...args, 'a.ts']);
      expect({ code, stderr }).to.have.property('code', 2);
      expect(stderr).to.match(says);
    });
});
