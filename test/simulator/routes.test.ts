import { expect } from 'chai';
import { ask, dockerOf, openStream, simulators } from './support.ts';

const notFound = { status: 404, body: '{"message":"page not found"}\n' };

describe('the simulated engine', () => {
  const start = simulators();

  it('says on every answer that it is simulated, and its API version', async () => {
    const simulator = await start({ apiVersion: '1.45' });
    for (const path of [
      '/_ping',
      '/version',
      '/containers/json',
      '/nonsense',
      '/containers/x/json',
      '/v9.9/info',
    ]) {
      const { headers } = await ask(simulator, path);
      expect(headers['server'], path).to.match(/^dockrx-simulator\/\d+\.\d+\.\d+/);
      expect(headers['api-version'], path).to.equal('1.45');
      expect(headers['ostype'], path).to.equal('linux');
    }
  });

  it('answers dockerode', async () => {
    const docker = dockerOf(await start({ containers: 2, apiVersion: '1.44' }));
    expect(String(await docker.ping())).to.equal('OK');
    expect((await docker.version()).ApiVersion).to.equal('1.44');
    expect(((await docker.info()) as { Containers: number }).Containers).to.equal(2);
    expect((await docker.getContainer('shop-db-1').inspect()).State.Running).to.equal(true);
  });

  it('answers HEAD /_ping with headers only', async () => {
    const { status, headers, body } = await ask(await start(), '/_ping', 'HEAD');
    expect([status, body, headers['api-version']]).to.deep.equal([200, '', '1.51']);
  });

  it('takes the version prefixes it knows and refuses others on every route', async () => {
    const simulator = await start({ apiVersion: '1.51' });
    const message = async (path: string): Promise<unknown> => {
      const { status, body } = await ask(simulator, path);
      return [status, status === 200 ? '' : (JSON.parse(body) as { message: string }).message];
    };
    expect(await message('/v1.51/version')).to.deep.equal([200, '']);
    expect(await message('/v1.24/_ping')).to.deep.equal([200, '']);
    expect(await message('/v1.52/_ping')).to.deep.equal([
      400,
      'client version 1.52 is too new. Maximum supported API version is 1.51',
    ]);
    expect(await message('/v1.23/containers/json')).to.deep.equal([
      400,
      'client version 1.23 is too old. Minimum supported API version is 1.24, please upgrade your client to a newer version',
    ]);
  });

  it('has the minimum API version of each engine', async () => {
    for (const [apiVersion, minimum] of [
      ['1.41', '1.12'],
      ['1.44', '1.24'],
      ['1.52', '1.44'],
      ['1.54', '1.40'],
    ] as const) {
      const version = await dockerOf(await start({ apiVersion })).version();
      expect([version.ApiVersion, version.MinAPIVersion]).to.deep.equal([apiVersion, minimum]);
    }
  });

  it('knows no other path and no other method', async () => {
    const simulator = await start({ containers: 1 });
    for (const [method, path] of [
      ['GET', '/nonsense'],
      ['GET', '/v1.51/containers/shop-db-1/archive'],
      ['POST', '/containers/shop-db-1/stop'],
      ['DELETE', '/containers/shop-db-1'],
      ['POST', '/containers/json'],
      ['HEAD', '/version'],
    ] as const) {
      const { status, body } = await ask(simulator, path, method);
      expect({ status, body }, `${method} ${path}`).to.deep.equal(
        method === 'HEAD' ? { status: 404, body: '' } : notFound,
      );
    }
  });

  it('finds containers by id, name and unambiguous beginning of the id', async () => {
    const simulator = await start();
    const ids = Array.from({ length: 17 }, (_, i) => simulator.createContainer({ name: `c${i}` }));
    const get = async (reference: string): Promise<[number, unknown]> => {
      const { status, body } = await ask(simulator, `/containers/${reference}/json`);
      return [status, (JSON.parse(body) as { Id?: string; message?: string }).Id];
    };
    expect(await get(ids[0]!)).to.deep.equal([200, ids[0]]);
    expect(await get('c0')).to.deep.equal([200, ids[0]]);
    expect(await get('%2Fc0')).to.deep.equal([200, ids[0]]);
    expect(await get(ids[0]!.slice(0, 12))).to.deep.equal([200, ids[0]]);
    // 17 ids cannot begin with 16 different digits
    const shared = ids.find((id) => ids.some((other) => other !== id && other[0] === id[0]))!;
    expect((await get(shared[0]!))[0]).to.equal(400);
  });

  it('says which container does not exist', async () => {
    const simulator = await start();
    for (const what of ['json', 'stats', 'logs']) {
      const { status, body } = await ask(simulator, `/containers/h2-nope/${what}`);
      expect([status, body]).to.deep.equal([404, '{"message":"No such container: h2-nope"}\n']);
    }
  });

  it('drops the legacy fields of events by the version in the path', async () => {
    const simulator = await start({ apiVersion: '1.52' });
    simulator.createContainer({ name: 'web' });
    const keys = async (path: string): Promise<string[]> => {
      const { lines, response } = await openStream(simulator, `${path}?since=0`);
      const [first] = await lines.until(1);
      response.destroy();
      return Object.keys(JSON.parse(first!) as object);
    };
    const fields = ['Type', 'Action', 'Actor', 'scope', 'time', 'timeNano'];
    expect(await keys('/events')).to.deep.equal(fields);
    expect(await keys('/v1.51/events')).to.deep.equal(['status', 'id', 'from', ...fields]);
  });

  it('names the content type of events as each engine does', async () => {
    const type = async (apiVersion: string, path: string): Promise<string | undefined> =>
      (await ask(await start({ apiVersion }), `${path}?until=1`)).headers['content-type'];
    expect(await type('1.51', '/events')).to.equal('application/json');
    expect(await type('1.52', '/events')).to.equal('application/x-ndjson');
    expect(await type('1.53', '/events')).to.equal('application/jsonl');
    expect(await type('1.54', '/events')).to.equal('application/jsonl');
    expect(await type('1.54', '/v1.51/events')).to.equal('application/json');
  });
});
