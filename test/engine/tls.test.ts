import { expect } from 'chai';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { TlsOptions } from 'node:tls';
import { endpointOf } from '../../src/engine/address.ts';
import { dockerEngine } from '../../src/engine/engine.ts';
import { tlsFilesIn } from '../../src/engine/docker-config.ts';
import { dial } from '../../src/engine/transport.ts';
import { needs } from '../harness/needs.ts';
import { type Authority, authority, FOR_CLIENT, forServer } from './certificates.ts';
import { failing } from './failing.ts';
import { scriptedEngine, type Script, type ScriptedEngine } from './scripted-engine.ts';

const never = new AbortController().signal;
const HERE = forServer('IP:127.0.0.1', 'DNS:localhost');

describe('an engine behind TLS', function () {
  this.timeout(60_000);
  needs('openssl');
  let folder: string;
  let ours: Authority;
  let client: string;
  let engine: ScriptedEngine | undefined;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'dockrx-tls-'));
    ours = authority(folder, 'ours');
    client = ours.issue('client', FOR_CLIENT);
  });
  after(() => rmSync(folder, { recursive: true, force: true }));
  afterEach(() => engine?.close());

  const served = (from: string, more: TlsOptions = {}): TlsOptions => ({
    cert: readFileSync(join(from, 'cert.pem')),
    key: readFileSync(join(from, 'key.pem')),
    ...more,
  });
  /** Serves like this, and connects with the certificates of that folder. */
  const connect = async (script: Script, certPath?: string): Promise<unknown> => {
    engine = await scriptedEngine({ tcp: true, ...script });
    const options = { address: engine.address, ...(certPath === undefined ? {} : { certPath }) };
    const connection = await dockerEngine(options).connect(never);
    connection.close();
    return connection.address;
  };
  const clientsOnly = (): TlsOptions => ({
    requestCert: true,
    rejectUnauthorized: true,
    ca: readFileSync(join(client, 'ca.pem')),
  });

  it('answers who trusts its authority', async () => {
    const address = await connect({ tls: served(ours.issue('engine', HERE)) }, client);
    expect(address).to.equal(engine!.address);
  });

  it('answers whom it trusts itself', async () => {
    await connect({ tls: served(ours.issue('engine', HERE), clientsOnly()) }, client);
    expect(engine!.requests).to.deep.equal(['GET /_ping']);
  });

  const untrusted = 'its certificate is not trusted';

  it('is refused with a certificate of another authority', async () => {
    const theirs = authority(folder, 'theirs').issue('engine', HERE);
    const message = await failing('SOURCE_REFUSED', connect({ tls: served(theirs) }, client));
    expect(message).to.contain(engine!.address).and.contain(untrusted).and.contain('ca.pem');
    expect(engine!.requests).to.deep.equal([]);
  });

  it('is refused with a certificate that has expired', async () => {
    const old = ours.issue('engine', HERE, 'past');
    const message = await failing('SOURCE_REFUSED', connect({ tls: served(old) }, client));
    expect(message).to.contain('expired').and.contain(untrusted);
  });

  it('is refused with a certificate for another name', async () => {
    const other = ours.issue('engine', forServer('DNS:engine.example'));
    const message = await failing('SOURCE_REFUSED', connect({ tls: served(other) }, client));
    expect(message).to.contain('127.0.0.1').and.contain(untrusted);
  });

  it('may have any of these where a context asks for no verification', async () => {
    const old = authority(folder, 'elsewhere').issue('engine', forServer('DNS:engine.example'), 'past');
    engine = await scriptedEngine({ tcp: true, tls: served(old) });
    const transport = dial(endpointOf(engine.address, 'a test', await tlsFilesIn(client, false)));
    expect((await transport.get('/_ping', {}, never, 'until-ended')).statusCode).to.equal(200);
    transport.close();
  });

  // OpenSSL's own server refuses as dockerd does; Node's closes the connection without a word.
  for (const version of ['-tls1_2', '-tls1_3'] as const)
    describe(`that trusts only its own clients (${version})`, () => {
      let port = 0;
      let server: ChildProcess;
      before(async () => {
        const own = ours.issue('engine', HERE);
        const certs = ['-cert', join(own, 'cert.pem'), '-key', join(own, 'key.pem')];
        const clients = ['-CAfile', join(own, 'ca.pem'), '-Verify', '1', '-verify_return_error'];
        server = spawn('openssl', [
          's_server',
          '-accept',
          '127.0.0.1:0',
          '-www',
          version,
          ...certs,
          ...clients,
        ]);
        server.stderr!.resume();
        for await (const line of createInterface(server.stdout!)) {
          port = Number(/^ACCEPT 127\.0\.0\.1:(\d+)/.exec(line)?.[1] ?? 0);
          if (port > 0) break;
        }
      });
      after(async () => {
        const exited = once(server, 'exit');
        server.kill();
        await exited;
      });
      const refused = async (certPath: string): Promise<void> => {
        const engine = dockerEngine({ address: `tcp://127.0.0.1:${port}`, certPath });
        const message = await failing('SOURCE_REFUSED', engine.connect(never));
        expect(message).to.contain('cert.pem and key.pem').and.contain('alert').and.not.contain(untrusted);
        expect(message).to.match(/^[^\n]{20,200}$/);
      };

      it('lets its own in', async () => {
        const tls = await tlsFilesIn(client, true);
        const transport = dial(endpointOf(`tcp://127.0.0.1:${port}`, 'a test', tls));
        expect((await transport.get('/_ping', {}, never, 'until-ended')).statusCode).to.equal(200);
        transport.close();
      });

      it('refuses one without a certificate', async () => {
        const bare = ours.issue('nobody', FOR_CLIENT);
        rmSync(join(bare, 'cert.pem'));
        rmSync(join(bare, 'key.pem'));
        await refused(bare);
      });

      it('refuses one of another authority', async () => {
        const stranger = authority(folder, `strangers${version}`).issue('client', FOR_CLIENT);
        replace(join(client, 'ca.pem'), join(stranger, 'ca.pem'));
        await refused(stranger);
      });

      it('refuses one whose certificate has expired', () =>
        refused(ours.issue('client', FOR_CLIENT, 'past')));
    });

  it('is not there: the port speaks no TLS', async () => {
    const message = await failing('SOURCE_REFUSED', connect({}, client));
    expect(message).to.contain('does not speak TLS').and.contain('DOCKER_TLS_VERIFY');
  });

  it('is there, but was not asked for', async () => {
    const plain = connect({ tls: served(ours.issue('engine', HERE)) });
    const message = await failing('SOURCE_UNAVAILABLE', plain);
    expect(message).to.contain(engine!.address);
  });

  it('is refused with a key that does not belong to the certificate', async () => {
    const mixed = ours.issue('client', FOR_CLIENT);
    replace(join(client, 'key.pem'), join(mixed, 'key.pem'));
    const message = await failing(
      'SOURCE_REFUSED',
      connect({ tls: served(ours.issue('engine', HERE)) }, mixed),
    );
    expect(message).to.contain('cert.pem and key.pem');
  });

  it('is refused with files that are no certificates', async () => {
    const broken = ours.issue('client', FOR_CLIENT);
    replace(join(broken, 'ext.cnf'), join(broken, 'cert.pem'));
    const message = await failing(
      'SOURCE_REFUSED',
      connect({ tls: served(ours.issue('engine', HERE)) }, broken),
    );
    expect(message).to.contain('cert.pem and key.pem');
  });
});

function replace(from: string, to: string): void {
  copyFileSync(from, to);
}
