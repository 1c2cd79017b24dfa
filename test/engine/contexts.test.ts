import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Environment } from '../../src/engine/docker-config.ts';
import { findEndpoint } from '../../src/engine/endpoint.ts';
import { needs } from '../harness/needs.ts';
import { failing } from './failing.ts';
import { useTempFolder } from './temp-folder.ts';

describe('docker contexts, as the docker CLI writes them', function () {
  this.timeout(60_000);
  needs('docker-cli');
  const folder = useTempFolder();
  const env = (more: Environment = {}): Environment => ({
    HOME: folder(),
    XDG_RUNTIME_DIR: folder(),
    DOCKER_CONFIG: join(folder(), 'config'),
    ...more,
  });
  const docker = (...args: string[]): void => {
    execFileSync('docker', ['context', ...args], {
      env: { ...env(), PATH: process.env['PATH'] },
      stdio: 'pipe',
    });
  };

  it('are found by option, DOCKER_CONTEXT and `docker context use`, in this order', async () => {
    for (const name of ['one', 'two', 'three'])
      docker('create', name, '--docker', `host=tcp://${name}.example:2375`);
    docker('use', 'three');
    const addresses = [
      await findEndpoint({ context: 'one' }, env({ DOCKER_CONTEXT: 'two' })),
      await findEndpoint({}, env({ DOCKER_CONTEXT: 'two' })),
      await findEndpoint({}, env()),
    ];
    expect(addresses).to.deep.equal([
      { address: 'tcp://one.example:2375', from: 'context one', tls: undefined },
      { address: 'tcp://two.example:2375', from: 'DOCKER_CONTEXT two', tls: undefined },
      { address: 'tcp://three.example:2375', from: 'current context three', tls: undefined },
    ]);
  });

  it('give way to DOCKER_HOST and to an address', async () => {
    docker('create', 'one', '--docker', 'host=tcp://one.example:2375');
    docker('use', 'one');
    const variables = env({ DOCKER_HOST: 'unix:///a.sock', DOCKER_CONTEXT: 'one' });
    expect((await findEndpoint({}, variables)).address).to.equal('unix:///a.sock');
    expect((await findEndpoint({ address: 'unix:///b.sock' }, variables)).address).to.equal('unix:///b.sock');
  });

  for (const [host, address] of [
    ['unix:///some/docker.sock', 'unix:///some/docker.sock'],
    ['ssh://me@engine.example', 'ssh://me@engine.example'],
  ] as const)
    it(`reach ${host}`, async () => {
      docker('create', 'one', '--docker', `host=${host}`);
      expect((await findEndpoint({ context: 'one' }, env())).address).to.equal(address);
    });

  it('bring their certificates', async () => {
    const file = (name: string): string => join(folder(), name);
    const [ca, cert, key] = certificateFiles(folder());
    docker(
      'create',
      'one',
      '--docker',
      `host=tcp://one.example:2376,ca=${file(ca)},cert=${file(cert)},key=${file(key)}`,
    );
    const { tls } = await findEndpoint({ context: 'one' }, env());
    expect(tls).to.deep.equal({
      ca: readFileSync(file(ca)),
      cert: readFileSync(file(cert)),
      key: readFileSync(file(key)),
      verify: true,
    });
  });

  it('may ask for TLS without verification, with certificates and without', async () => {
    const [ca] = certificateFiles(folder());
    docker(
      'create',
      'one',
      '--docker',
      `host=tcp://one.example:2376,ca=${join(folder(), ca)},skip-tls-verify=true`,
    );
    docker('create', 'two', '--docker', 'host=tcp://two.example:2376,skip-tls-verify=true');
    expect((await findEndpoint({ context: 'one' }, env())).tls).to.include({ verify: false });
    expect((await findEndpoint({ context: 'two' }, env())).tls).to.deep.equal({
      ca: undefined,
      cert: undefined,
      key: undefined,
      verify: false,
    });
  });

  it('called default are none: the default socket is meant', async () => {
    writeFileSync(join(folder(), 'docker.sock'), '');
    docker('create', 'one', '--docker', 'host=tcp://one.example:2375');
    docker('use', 'one');
    for (const endpoint of [
      await findEndpoint({}, env({ DOCKER_CONTEXT: 'default' })),
      await findEndpoint({ context: 'default' }, env()),
    ])
      expect(endpoint.from).to.equal('default socket');
    docker('use', 'default');
    expect((await findEndpoint({}, env())).from).to.equal('default socket');
  });

  it('that are gone are named', async () => {
    docker('create', 'one', '--docker', 'host=tcp://one.example:2375');
    docker('use', 'one');
    docker('rm', '--force', 'one');
    mkdirSync(join(folder(), 'config'), { recursive: true });
    writeFileSync(join(folder(), 'config/config.json'), '{"currentContext":"one"}');
    const message = await failing('CONFIG_INVALID', findEndpoint({}, env()));
    expect(message).to.contain('current context one').and.contain('docker context ls');
  });
});

describe('a docker config', () => {
  const folder = useTempFolder();
  const env = (): Environment => ({ HOME: folder(), DOCKER_CONFIG: folder() });

  it('that is not JSON is named', async () => {
    const file = join(folder(), 'config.json');
    writeFileSync(file, '{ "currentContext": ');
    expect(await failing('CONFIG_INVALID', findEndpoint({}, env()))).to.contain(file);
  });

  it('that cannot be read is named', async () => {
    const file = join(folder(), 'config.json');
    mkdirSync(file);
    expect(await failing('CONFIG_INVALID', findEndpoint({}, env()))).to.contain(file);
  });

  for (const text of ['null', '{}', '[]', '{"currentContext":7}', '{"currentContext":""}'])
    it(`of ${text} chooses no context`, async () => {
      writeFileSync(join(folder(), 'config.json'), text);
      writeFileSync(join(folder(), 'docker.sock'), '');
      const { from } = await findEndpoint({}, { ...env(), XDG_RUNTIME_DIR: folder() });
      expect(from).to.equal('default socket');
    });
});

/** The docker CLI checks that certificates are such: makes some; returns their names. */
function certificateFiles(folder: string): readonly [string, string, string] {
  const make = ['req', '-x509', '-newkey', 'ed25519', '-nodes', '-subj', '/CN=test'];
  const out = ['-keyout', join(folder, 'key.pem'), '-out', join(folder, 'ca.pem')];
  execFileSync('openssl', [...make, ...out], { stdio: 'pipe' });
  return ['ca.pem', 'ca.pem', 'key.pem'];
}
