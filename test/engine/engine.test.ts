import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { dockerEngine, type EngineConnection, type EngineOptions } from '../../src/engine/engine.ts';
import { startSimulator, type Simulator } from '../../src/simulator/index.ts';
import { failing } from './failing.ts';
import {
  answerJson,
  answerStream,
  pong,
  scriptedEngine,
  type Script,
  type ScriptedEngine,
} from './scripted-engine.ts';

const never = new AbortController().signal;

describe('dockerEngine', () => {
  const open: { close(): unknown }[] = [];
  const scripted = async (script?: Script): Promise<ScriptedEngine> => {
    const engine = await scriptedEngine(script);
    open.push(engine);
    return engine;
  };
  const connect = async (options: EngineOptions): Promise<EngineConnection> => {
    const connection = await dockerEngine(options).connect(never);
    open.push(connection);
    return connection;
  };
  afterEach(async () => {
    for (const each of open.splice(0).reverse()) await each.close();
  });

  it('opens nothing before it is connected to', async () => {
    const engine = await scripted();
    dockerEngine({ address: engine.address });
    expect(engine.requests).to.deep.equal([]);
  });

  it('opens nothing after it is closed, nor what was asked for at that moment', async () => {
    const engine = await scripted({ answers: { '/containers/json': answerJson([]) } });
    const stop = new AbortController();
    const connection = await dockerEngine({ address: engine.address }).connect(stop.signal);
    const asked = failing('SOURCE_UNAVAILABLE', connection.containers({}, never));
    stop.abort();
    expect(await asked).to.contain('the connection is closed');
    expect(await failing('SOURCE_UNAVAILABLE', connection.containers({}, never))).to.contain('is closed');
    await engine.allClosed();
    expect(engine.requests).to.deep.equal(['GET /_ping']);
  });

  it('ends an answer that is under way by its signal', async () => {
    const engine = await scripted({ answers: { '/events': answerStream } });
    const connection = await connect({ address: engine.address });
    const stop = new AbortController();
    const answer = await connection.events({}, stop.signal);
    stop.abort();
    await new Promise((resolve) => answer.once('close', resolve));
    expect(answer.complete).to.equal(false);
  });

  it('refuses a header timeout that is none, by name', () => {
    for (const headerTimeoutMs of [0, -1, NaN])
      expect(() => dockerEngine({ headerTimeoutMs }))
        .to.throw('headerTimeoutMs')
        .with.property('code', 'CONFIG_INVALID');
  });

  describe('says of the engine', () => {
    it('where it is and which host its records name', async () => {
      const [unix, tcp, six] = await Promise.all([
        scripted(),
        scripted({ tcp: true }),
        scripted({ tcp: '::1' }),
      ]);
      expect(await connect({ address: unix.address })).to.include({
        address: unix.address,
        host: hostname(),
      });
      expect(await connect({ address: tcp.address })).to.include({ address: tcp.address, host: '127.0.0.1' });
      expect(await connect({ address: six.address })).to.include({ address: six.address, host: '::1' });
      expect(await connect({ address: six.address, host: 'mine' })).to.include({ host: 'mine' });
    });

    const answers: readonly (readonly [string, string, object])[] = [
      ['1.41', 'Docker/20.10.24 (linux)', { flavour: 'docker', apiVersion: 1041, simulated: false }],
      ['1.52', 'Docker/29.0.0 (linux)', { flavour: 'docker', apiVersion: 1052, simulated: false }],
      ['1.41', 'Libpod/4.3.1 (linux)', { flavour: 'podman', apiVersion: 1041, simulated: false }],
      ['1.51', 'dockrx-simulator/0.1.0', { flavour: 'docker', apiVersion: 1051, simulated: true }],
      ['2.0', 'Docker/40.0 (linux)', { flavour: 'docker', apiVersion: 2000, simulated: false }],
      ['', '', { flavour: 'docker', apiVersion: 0, simulated: false }],
    ];
    for (const [version, server, said] of answers)
      it(`what API ${version || 'none'} and server ${server || 'none'} mean`, async () => {
        const { address } = await scripted({ answers: { '/_ping': pong(version, server) } });
        expect(await connect({ address })).to.include(said);
      });

    it('its clock, in whole seconds', async () => {
      const date = 'Tue, 05 Aug 2025 10:11:12 GMT';
      const { address } = await scripted({
        answers: { '/_ping': (response) => response.writeHead(200, { Date: date }).end('OK') },
      });
      expect((await connect({ address })).clockMs).to.equal(Date.UTC(2025, 7, 5, 10, 11, 12));
    });
  });

  describe('asks', () => {
    it('by GET, without a version in the path, with what the query has', async () => {
      const stub = answerJson([]);
      const engine = await scripted({
        answers: {
          '/events': answerStream,
          '/containers/json': stub,
          '/info': answerJson({}),
          '/containers/abc/json': stub,
          '/containers/abc/stats': answerStream,
        },
      });
      const connection = await connect({ address: engine.address });
      const filters = JSON.stringify({ type: ['container'], event: ['exec_create: a&b=c ?'] });
      await connection.events({ since: '1', until: undefined, filters }, never);
      await connection.containers({}, never);
      await connection.inspect('abc', never);
      await connection.inspect('abc', never, { size: true });
      await connection.info(never);
      await connection.stats('abc', { stream: false, 'one-shot': true }, never);
      const [ping, events, ...rest] = engine.requests;
      expect(ping).to.equal('GET /_ping');
      const query = new URLSearchParams(events!.replace('GET /events?', ''));
      expect([...query]).to.deep.equal([
        ['since', '1'],
        ['filters', filters],
      ]);
      expect(rest).to.deep.equal([
        'GET /containers/json',
        'GET /containers/abc/json',
        'GET /containers/abc/json?size=true',
        'GET /info',
        'GET /containers/abc/stats?stream=false&one-shot=true',
      ]);
    });

    it('for nothing outside its few paths', async () => {
      const engine = await scripted();
      const connection = await connect({ address: engine.address });
      for (const id of ['a/archive?path=/&x=', '../images', 'a/../../info', ''])
        await failing('CONFIG_INVALID', connection.inspect(id, never));
      expect(engine.requests).to.deep.equal(['GET /_ping']);
    });
  });

  it('ends its requests when they are aborted, before and after they are answered', async () => {
    const engine = await scripted({
      answers: { '/events': answerStream, '/containers/json': () => undefined },
    });
    const connection = await connect({ address: engine.address });
    const aborting = new AbortController();
    const events = await connection.events({}, aborting.signal);
    const list = failing('SOURCE_UNAVAILABLE', connection.containers({}, aborting.signal));
    while (engine.requests.length < 3) await new Promise(setImmediate);
    aborting.abort();
    await list;
    connection.close();
    await engine.allClosed();
    expect(events.destroyed).to.equal(true);
    await failing('SOURCE_UNAVAILABLE', connection.containers({}, aborting.signal));
    expect(engine.requests).to.have.lengthOf(3);
  });

  it('is several in one process, each with its own host and containers', async () => {
    const simulators: Simulator[] = await Promise.all(
      [1, 2, 3].map((containers) => startSimulator({ containers, scenario: 'quiet' })),
    );
    open.push(...simulators);
    const counts = await Promise.all(
      simulators.map(async ({ host: address }, i) => {
        const connection = await connect({ address, host: `host-${i}` });
        const list = (await connection.containers({}, never)) as unknown[];
        return [connection.host, list.length];
      }),
    );
    expect(counts).to.deep.equal([
      ['host-0', 1],
      ['host-1', 2],
      ['host-2', 3],
    ]);
  });

  for (const apiVersion of ['1.41', '1.44', '1.52', '1.55'])
    it(`needs no API version of its own: ${apiVersion}`, async () => {
      const simulator = await startSimulator({ apiVersion, containers: 1, scenario: 'quiet' });
      open.push(simulator);
      const connection = await connect({ address: simulator.host });
      expect(connection).to.include({ simulated: true, apiVersion: 1000 + Number(apiVersion.slice(2)) });
      const [listed] = (await connection.containers({}, never)) as { Id: string }[];
      expect(await connection.inspect(listed!.Id, never)).to.have.property('Id', listed!.Id);
      const events = await connection.events({}, never);
      events.destroy();
      const stats = await connection.stats(listed!.Id, { stream: true }, never);
      stats.destroy();
    });

  it('opens no second connection for requests in turn', async () => {
    const engine = await scripted({ answers: { '/containers/json': answerJson([]) } });
    const connection = await connect({ address: engine.address });
    for (let i = 0; i < 20; i += 1) {
      await connection.containers({}, never);
      expect(engine.openSockets()).to.equal(1);
    }
    connection.close();
    await engine.allClosed();
  });

  it('ends every connection when it is closed, those of open answers too', async () => {
    const engine = await scripted({ answers: { '/events': answerStream } });
    const connection = await connect({ address: engine.address });
    const events = await connection.events({}, never);
    connection.close();
    await engine.allClosed();
    expect(events.complete).to.equal(false);
  });

  it('keeps TCP connections alive, so that a peer that is gone is noticed', async () => {
    const engine = await scripted({ tcp: true, answers: { '/events': answerStream } });
    const connection = await connect({ address: engine.address });
    await connection.events({}, never);
    expect(keptAlive(engine.port)).to.equal(true);
  });
});

/** Whether all connections to a loopback port have the kernel's keepalive timer running: 02 in its table. */
function keptAlive(port: number): boolean {
  const peer = `0100007F:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const rows = readFileSync('/proc/net/tcp', 'utf8')
    .split('\n')
    .map((row) => row.trim().split(/\s+/))
    .filter(([, , remote, state]) => remote === peer && state === '01');
  return rows.length > 0 && rows.every((row) => row[5]!.startsWith('02:'));
}
