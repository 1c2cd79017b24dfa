import { expect } from 'chai';
import type { Simulator } from '../../src/simulator/index.ts';
import { ask, askJson, dockerOf, openStream, parseEvents, simulators } from './support.ts';

const query = (filters: object): string => `filters=${encodeURIComponent(JSON.stringify(filters))}`;

const events = async (simulator: Simulator, filters: object, count: number): Promise<string[]> => {
  const { lines, response } = await openStream(simulator, `/events?since=0&${query(filters)}`);
  simulator.emit({ type: 'end', action: 'end', id: '', attributes: { image: 'i', name: 'web', team: 'a' } });
  const told = parseEvents(await lines.until(count)).map(
    ({ Type, Action }) => `${Type} ${Action.split(':')[0]!}`,
  );
  response.destroy();
  return told;
};

const names = async (simulator: Simulator, path: string): Promise<string[]> =>
  ((await askJson(simulator, path)) as { Names: string[] }[]).map(({ Names }) => Names[0]!);

describe('the simulated engine filters events', () => {
  const start = simulators();

  const busy = async (): Promise<Simulator> => {
    const simulator = await start();
    simulator.start(
      simulator.createContainer({
        name: 'web',
        image: 'nginx:1.27',
        labels: { team: 'a' },
        volumes: [{ name: 'data', destination: '/d' }],
        healthCommand: 'true',
      }),
    );
    simulator.start(simulator.createContainer({ name: 'db', image: 'postgres:16' }));
    simulator.probe('web', 0);
    simulator.die('db', 1);
    return simulator;
  };

  it('by type', async () => {
    const simulator = await busy();
    expect(await events(simulator, { type: ['volume'] }, 1)).to.deep.equal(['volume mount']);
    expect(await events(simulator, { type: ['volume', 'network'] }, 4)).to.deep.equal([
      'volume mount',
      'network connect',
      'network connect',
      'network disconnect',
    ]);
  });

  it('by type in the form of a map', async () => {
    expect(await events(await busy(), { type: { volume: true } }, 1)).to.deep.equal(['volume mount']);
  });

  it('by event: exec and health events by their beginning, others exactly', async () => {
    const simulator = await busy();
    expect(await events(simulator, { event: ['exec_create', 'health_status', 'die'] }, 3)).to.deep.equal([
      'container exec_create',
      'container health_status',
      'container die',
    ]);
    expect(await events(simulator, { event: ['exec', 'die'] }, 1)).to.deep.equal(['container die']);
  });

  it('by container, image and label, all of them together', async () => {
    const simulator = await busy();
    const id = (await dockerOf(simulator).getContainer('db').inspect()).Id;
    const db = ['container create', 'container start', 'container die'];
    expect(await events(simulator, { container: ['db'] }, 3)).to.deep.equal(db);
    expect(await events(simulator, { container: [id.slice(0, 12)] }, 3)).to.deep.equal(db);
    expect(await events(simulator, { image: ['postgres'] }, 3)).to.deep.equal(db);
    expect(await events(simulator, { image: ['postgres:16'], event: ['die'] }, 1)).to.deep.equal([
      'container die',
    ]);
    expect(await events(simulator, { label: ['team=a'], event: ['start'] }, 1)).to.deep.equal([
      'container start',
    ]);
    expect(await events(simulator, { label: ['team'], event: ['create'] }, 1)).to.deep.equal([
      'container create',
    ]);
  });

  it('live as well as replayed, and ignores names it does not know', async () => {
    const simulator = await busy();
    const { lines } = await openStream(simulator, `/events?${query({ event: ['start'], nonsense: ['x'] })}`);
    simulator.start('db');
    simulator.pause('db');
    simulator.start(simulator.createContainer({ name: 'third' }));
    const told = parseEvents(await lines.until(2)).map(({ Actor }) => Actor.Attributes['name']);
    expect(told).to.deep.equal(['db', 'third']);
  });

  it('refuses filters that are no JSON', async () => {
    const reply = await ask(await start(), '/events?filters=nonsense');
    expect(reply.status).to.equal(400);
    expect(JSON.parse(reply.body)).to.have.key('message');
  });
});

describe('the simulated engine lists containers', () => {
  const start = simulators();

  const some = async (): Promise<Simulator> => {
    const simulator = await start();
    for (const name of ['a1', 'a2', 'b1']) {
      simulator.start(simulator.createContainer({ name, labels: { team: name[0]! }, healthCommand: 'true' }));
    }
    simulator.createContainer({ name: 'new' });
    simulator.die('a2', 3);
    simulator.pause('b1');
    simulator.probe('a1', 0);
    return simulator;
  };

  it('running ones newest first, all with all=1', async () => {
    const simulator = await some();
    expect(await names(simulator, '/containers/json')).to.deep.equal(['/b1', '/a1']);
    expect(await names(simulator, '/containers/json?all=1')).to.deep.equal(['/new', '/b1', '/a2', '/a1']);
    expect(await names(simulator, '/containers/json?all=true&limit=2')).to.deep.equal(['/new', '/b1']);
  });

  it('by label, name, status, health and exit code', async () => {
    const simulator = await some();
    const list = (filters: object): Promise<string[]> =>
      names(simulator, `/containers/json?all=1&${query(filters)}`);
    expect(await list({ label: ['team=a'] })).to.deep.equal(['/a2', '/a1']);
    expect(await list({ name: ['1$'] })).to.deep.equal(['/b1', '/a1']);
    expect(await list({ name: ['^/a1$'] })).to.deep.equal(['/a1']);
    expect(await list({ status: ['exited', 'created'] })).to.deep.equal(['/new', '/a2']);
    expect(await list({ health: ['healthy'] })).to.deep.equal(['/a1']);
    expect(await list({ exited: ['3'] })).to.deep.equal(['/a2']);
    expect(await list({ label: ['team=a'], status: ['running'] })).to.deep.equal(['/a1']);
  });

  it('by status also without all=1', async () => {
    const simulator = await some();
    expect(await names(simulator, `/containers/json?${query({ status: ['exited'] })}`)).to.deep.equal([
      '/a2',
    ]);
  });

  it('refuses filters it does not know', async () => {
    const reply = await ask(await start(), `/containers/json?${query({ nonsense: ['x'] })}`);
    expect([reply.status, reply.body]).to.deep.equal([400, '{"message":"invalid filter \'nonsense\'"}\n']);
  });

  it('shows what dockerode asks for', async () => {
    const simulator = await some();
    const list = await dockerOf(simulator).listContainers({ all: true, filters: { label: ['team=a'] } });
    expect(
      list.map(({ State, Status }) => [State, Status.replace(/\d+ seconds?|Less than a second/, 'N')]),
    ).to.deep.equal([
      ['exited', 'Exited (3) N ago'],
      ['running', 'Up N (healthy)'],
    ]);
  });
});
