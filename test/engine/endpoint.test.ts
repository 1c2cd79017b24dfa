import { expect } from 'chai';
import { mkdirSync, writeFileSync } from 'node:fs';
import { homedir, hostname } from 'node:os';
import { join } from 'node:path';
import { dockerEngine } from '../../src/engine/engine.ts';
import type { Environment } from '../../src/engine/docker-config.ts';
import { defaultSockets, findEndpoint, firstSocket } from '../../src/engine/endpoint.ts';
import { failing } from './failing.ts';
import { scriptedEngine } from './scripted-engine.ts';
import { useTempFolder } from './temp-folder.ts';

describe('findEndpoint', () => {
  const folder = useTempFolder();
  /** An environment in which nothing names an engine. */
  const bare = (more: Environment = {}): Environment => ({
    HOME: folder(),
    XDG_RUNTIME_DIR: join(folder(), 'run'),
    ...more,
  });
  const found = async (env: Environment): Promise<string> => (await findEndpoint({}, bare(env))).address;

  describe('by DOCKER_HOST', () => {
    const forms: readonly (readonly [string, string])[] = [
      ['unix:///some/docker.sock', 'unix:///some/docker.sock'],
      ['unix://', 'unix:///var/run/docker.sock'],
      ['npipe:////./pipe/docker_engine', 'npipe:////./pipe/docker_engine'],
      ['tcp://10.0.0.1:2375', 'tcp://10.0.0.1:2375'],
      ['tcp://engine.example:1234/', 'tcp://engine.example:1234'],
      ['tcp://engine.example', 'tcp://engine.example:2375'],
      ['engine.example:1234', 'tcp://engine.example:1234'],
      ['engine.example', 'tcp://engine.example:2375'],
      ['tcp://:1234', 'tcp://localhost:1234'],
      [':1234', 'tcp://localhost:1234'],
      ['tcp://', 'tcp://localhost:2375'],
      ['tcp://[::1]:2375', 'tcp://[::1]:2375'],
      ['[fe80::1]', 'tcp://[fe80::1]:2375'],
      ['http://engine.example', 'tcp://engine.example:80'],
      ['ssh://me@engine.example:22', 'ssh://me@engine.example:22'],
      ['ssh://engine.example/run/docker.sock', 'ssh://engine.example/run/docker.sock'],
      ['  unix:///some/docker.sock\n', 'unix:///some/docker.sock'],
    ];
    for (const [given, address] of forms)
      it(`takes ${JSON.stringify(given)} as ${address}`, async () => {
        const endpoint = await findEndpoint({}, bare({ DOCKER_HOST: given }));
        expect(endpoint).to.deep.include({ address, from: 'DOCKER_HOST' });
        expect(endpoint.tls).to.equal(undefined);
      });

    for (const wrong of [
      '/var/run/docker.sock',
      'fd://',
      'tcp://engine:port',
      'tcp://engine.example:2375/prefix',
      '::1:2375',
      'ssh://',
      'tcp://two words:1',
    ])
      it(`refuses ${JSON.stringify(wrong)}, naming it`, async () => {
        const message = await failing('CONFIG_INVALID', findEndpoint({}, bare({ DOCKER_HOST: wrong })));
        expect(message).to.contain('DOCKER_HOST').and.contain(JSON.stringify(wrong)).and.contain('tcp://');
      });

    it('is passed over when empty', async () => {
      writeFileSync(join(folder(), 'docker.sock'), '');
      const env = bare({ DOCKER_HOST: '', XDG_RUNTIME_DIR: folder() });
      const { from } = await findEndpoint({}, env);
      expect(from).to.equal('default socket');
    });
  });

  describe('with TLS', () => {
    const certs = (...files: readonly string[]): string => {
      const path = join(folder(), 'certs');
      mkdirSync(path);
      for (const file of files) writeFileSync(join(path, file), `the ${file}`);
      return path;
    };
    const host = 'tcp://engine.example';

    it('verifies by DOCKER_TLS_VERIFY with the files of DOCKER_CERT_PATH, on port 2376', async () => {
      const path = certs('ca.pem', 'cert.pem', 'key.pem');
      const env = bare({ DOCKER_HOST: host, DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: path });
      const { address, tls } = await findEndpoint({}, env);
      expect(address).to.equal('tcp://engine.example:2376');
      expect(tls).to.deep.equal({
        ca: Buffer.from('the ca.pem'),
        cert: Buffer.from('the cert.pem'),
        key: Buffer.from('the key.pem'),
        verify: true,
      });
    });

    it('takes any text of DOCKER_TLS_VERIFY for yes, as the docker CLI', async () => {
      const env = bare({ DOCKER_HOST: host, DOCKER_TLS_VERIFY: '0', DOCKER_CERT_PATH: certs('ca.pem') });
      expect((await findEndpoint({}, env)).tls?.verify).to.equal(true);
    });

    it('does not verify by DOCKER_TLS', async () => {
      const env = bare({ DOCKER_HOST: host, DOCKER_TLS: '1', DOCKER_CERT_PATH: certs('ca.pem') });
      const { tls } = await findEndpoint({}, env);
      expect(tls).to.deep.equal({
        ca: Buffer.from('the ca.pem'),
        cert: undefined,
        key: undefined,
        verify: false,
      });
    });

    it('finds the files in the docker config folder without DOCKER_CERT_PATH', async () => {
      const env = bare({ DOCKER_HOST: host, DOCKER_TLS_VERIFY: '1', DOCKER_CONFIG: certs('ca.pem') });
      expect((await findEndpoint({}, env)).tls?.ca?.toString()).to.equal('the ca.pem');
    });

    it('trusts the known authorities where no folder is named and the config has no files', async () => {
      const { tls } = await findEndpoint({}, bare({ DOCKER_HOST: host, DOCKER_TLS_VERIFY: '1' }));
      expect(tls).to.deep.equal({ ca: undefined, cert: undefined, key: undefined, verify: true });
    });

    it('says so when the folder that is named has no files', async () => {
      const path = certs();
      const env = bare({ DOCKER_HOST: host, DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: path });
      expect(await failing('CONFIG_INVALID', findEndpoint({}, env)))
        .to.contain(path)
        .and.contain('ca.pem');
    });

    it('says so when a file cannot be read', async () => {
      const path = certs();
      mkdirSync(join(path, 'ca.pem'));
      const env = bare({ DOCKER_HOST: host, DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: path });
      expect(await failing('CONFIG_INVALID', findEndpoint({}, env))).to.contain(join(path, 'ca.pem'));
    });

    it('is meant by https, on port 443', async () => {
      const { address, tls } = await findEndpoint({}, bare({ DOCKER_HOST: 'https://engine.example' }));
      expect(address).to.equal('tcp://engine.example:443');
      expect(tls).to.deep.equal({ verify: true });
    });

    it('has no part in unix and ssh', async () => {
      const tls = { DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: certs('ca.pem') };
      for (const address of ['unix:///a.sock', 'ssh://engine.example']) {
        const endpoint = await findEndpoint({}, bare({ DOCKER_HOST: address, ...tls }));
        expect(endpoint).to.deep.equal({ address, from: 'DOCKER_HOST' });
      }
    });
  });

  describe('by options', () => {
    it('takes the address before everything in the environment', async () => {
      const env = bare({ DOCKER_HOST: 'tcp://other:1', DOCKER_CONTEXT: 'other', DOCKER_TLS_VERIFY: '1' });
      const endpoint = await findEndpoint({ address: 'unix:///mine.sock' }, env);
      expect(endpoint).to.deep.equal({ address: 'unix:///mine.sock', from: 'the address option' });
      const { tls } = await findEndpoint({ address: 'tcp://mine:2375' }, env);
      expect(tls).to.equal(undefined);
    });

    it('takes the address before a DOCKER_HOST that is broken', async () => {
      const { address } = await findEndpoint({ address: 'tcp://mine:1' }, bare({ DOCKER_HOST: '!!!' }));
      expect(address).to.equal('tcp://mine:1');
    });

    it('uses TLS with the certificates it is given', async () => {
      writeFileSync(join(folder(), 'ca.pem'), 'mine');
      const { address, tls } = await findEndpoint({ address: 'tcp://mine', certPath: folder() }, bare());
      expect(address).to.equal('tcp://mine:2376');
      expect(tls).to.deep.include({ ca: Buffer.from('mine'), verify: true });
    });

    it('refuses an address, naming the option', async () => {
      expect(await failing('CONFIG_INVALID', findEndpoint({ address: '' }, bare()))).to.contain(
        'the address option is ""',
      );
    });

    it('refuses a context that is not there, naming it and where it was looked for', async () => {
      const message = await failing('CONFIG_INVALID', findEndpoint({ context: 'nowhere' }, bare()));
      expect(message).to.contain('nowhere').and.contain(folder()).and.contain('docker context ls');
    });
  });

  describe('by default', () => {
    const sockets = (): readonly string[] => [
      '/var/run/docker.sock',
      join(folder(), '.docker/run/docker.sock'),
      join(folder(), '.docker/desktop/docker.sock'),
      join(folder(), 'run/docker.sock'),
      join(folder(), 'run/podman/podman.sock'),
      '/run/podman/podman.sock',
    ];

    it('looks for the system, Desktop, rootless and Podman sockets in this order', () => {
      expect(defaultSockets(bare())).to.deep.equal(sockets());
    });

    it("looks in this user's folders where the environment names none", () => {
      const nowhere = defaultSockets({ HOME: '', XDG_RUNTIME_DIR: '' });
      expect(nowhere).to.contain(join(homedir(), '.docker/run/docker.sock'));
      expect(nowhere).to.contain(`/run/user/${process.getuid!()}/docker.sock`);
      expect(defaultSockets({})).to.deep.equal(nowhere);
    });

    it('takes the first socket that is there', async () => {
      const paths = ['one.sock', 'two.sock', 'three.sock'].map((name) => join(folder(), name));
      for (const path of paths.toReversed()) {
        writeFileSync(path, '');
        expect(await firstSocket(paths)).to.deep.equal({
          address: `unix://${path}`,
          from: 'default socket',
        });
      }
    });

    it('says which it looked for when none is there', async () => {
      const paths = [join(folder(), 'one.sock'), join(folder(), 'no/such/folder.sock')];
      const message = await failing('SOURCE_UNAVAILABLE', firstSocket(paths));
      for (const path of paths) expect(message).to.contain(path);
      expect(message).to.contain('DOCKER_HOST');
    });
  });

  it('reads a config folder that is not named as the one at home', async () => {
    mkdirSync(join(folder(), '.docker'));
    writeFileSync(join(folder(), '.docker/config.json'), '{"currentContext":"mine"}');
    for (const env of [{}, { DOCKER_CONFIG: '' }])
      expect(await failing('CONFIG_INVALID', found(env))).to.contain('current context mine');
  });
});

describe('dockerEngine in an environment', () => {
  const names = ['DOCKER_HOST', 'DOCKER_TLS_VERIFY', 'DOCKER_CERT_PATH', 'DOCKER_CONTEXT', 'HOME'];
  const before = names.map((name) => [name, process.env[name]] as const);
  const set = (variables: Environment): void => {
    for (const name of names)
      if (variables[name] === undefined) Reflect.deleteProperty(process.env, name);
      else process.env[name] = variables[name];
  };
  afterEach(() => set(Object.fromEntries(before)));

  for (const [what, variables] of Object.entries({
    'contradicts it': { DOCKER_HOST: 'tcp://192.0.2.1:2376', DOCKER_TLS_VERIFY: '1' },
    'is broken': { DOCKER_HOST: 'tcp://no such host', DOCKER_CERT_PATH: '/nowhere', DOCKER_TLS_VERIFY: '1' },
    'names a context': { DOCKER_CONTEXT: 'nowhere' },
  }))
    it(`connects to the address of the option when the environment ${what}`, async () => {
      const engine = await scriptedEngine();
      try {
        set(variables);
        const connection = await dockerEngine({ address: engine.address }).connect(
          new AbortController().signal,
        );
        expect(connection).to.include({ address: engine.address, host: hostname() });
        connection.close();
        expect(process.env).to.deep.include(variables);
      } finally {
        await engine.close();
      }
    });

  it('reads it anew on every connect', async () => {
    const [one, two] = await Promise.all([scriptedEngine({ tcp: true }), scriptedEngine({ tcp: true })]);
    try {
      const engine = dockerEngine();
      for (const { address } of [one, two, one]) {
        set({ DOCKER_HOST: address });
        const connection = await engine.connect(new AbortController().signal);
        expect(connection).to.include({ address, host: '127.0.0.1' });
        connection.close();
      }
    } finally {
      await Promise.all([one.close(), two.close()]);
    }
  });
});
