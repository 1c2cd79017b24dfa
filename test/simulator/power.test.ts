import { once } from 'node:events';
import { existsSync, statSync } from 'node:fs';
import { request } from 'node:http';
import { dirname } from 'node:path';
import { expect } from 'chai';
import { startSimulator, type Simulator } from '../../src/simulator/index.ts';
import { ask, askJson, dockerOf, linesOf, openStream, parseEvents, simulators } from './support.ts';

const told = (lines: readonly string[]): string[] =>
  parseEvents(lines).map(({ Type, Action, Actor }) =>
    `${Type} ${Action} ${Actor.Attributes['name'] ?? ''}`.trim(),
  );

const restartAlways = { restartPolicy: { name: 'always', maximumRetryCount: 0 } } as const;

const two = (simulator: Simulator): void => {
  simulator.start(simulator.createContainer({ name: 'stays', networks: [], ...restartAlways }));
  simulator.start(simulator.createContainer({ name: 'ends', networks: [] }));
};

const states = async (simulator: Simulator): Promise<unknown> =>
  Object.fromEntries(
    ((await askJson(simulator, '/containers/json?all=1')) as { Names: string[]; State: string }[]).map(
      ({ Names, State }) => [Names[0], State],
    ),
  );

/** all that can be replayed now */
const replay = async (simulator: Simulator): Promise<string[]> => {
  const { lines, response } = await openStream(simulator, '/events?since=0');
  simulator.emit({ type: 'end', action: 'end', id: '', attributes: {} });
  let count = 1;
  while (!told(await lines.until(count)).includes('end end')) count++;
  response.destroy();
  return told(lines.all).slice(0, -1);
};

describe('the simulated engine restarts', () => {
  const start = simulators();

  it('with live-restore: streams are cut, containers run on, nothing is told, the ring is forgotten', async () => {
    const simulator = await start();
    two(simulator);
    const events = linesOf(await dockerOf(simulator).getEvents({ since: 0 }));
    await events.until(4);
    const { lines: stats } = await openStream(simulator, '/containers/stays/stats');
    await stats.until(1);
    await simulator.restart();
    expect([await events.over, await stats.over]).to.deep.equal(['cut', 'cut']);
    expect(events.all).to.have.length(4);
    expect(await replay(simulator)).to.deep.equal([]);
    expect(await states(simulator)).to.deep.equal({ '/stays': 'running', '/ends': 'running' });
  });

  it('by SIGTERM: containers are stopped before the cut, and those with a policy start again', async () => {
    const simulator = await start();
    two(simulator);
    const events = linesOf(await dockerOf(simulator).getEvents());
    await simulator.restart('sigterm');
    expect(await events.over).to.equal('cut');
    const stopped = (name: string): string[] => [
      `container kill ${name}`,
      `container stop ${name}`,
      `container die ${name}`,
    ];
    expect(told(events.all)).to.deep.equal([...stopped('stays'), ...stopped('ends')]);
    expect(await replay(simulator)).to.deep.equal(['container start stays']);
    expect(await states(simulator)).to.deep.equal({ '/stays': 'running', '/ends': 'exited' });
  });

  it('by SIGKILL: nothing before the cut, the killing is found by since', async () => {
    const simulator = await start();
    two(simulator);
    const events = linesOf(await dockerOf(simulator).getEvents());
    await simulator.restart('sigkill');
    expect(await events.over).to.equal('cut');
    expect(events.all).to.deep.equal([]);
    const replayed = await replay(simulator);
    expect(replayed).to.include.members([
      'container die stays',
      'container die ends',
      'container start stays',
    ]);
    expect(await states(simulator)).to.deep.equal({ '/stays': 'running', '/ends': 'exited' });
  });

  it('ending event streams cleanly from 29 on', async () => {
    const simulator = await start({ apiVersion: '1.52' });
    const events = linesOf(await dockerOf(simulator).getEvents());
    await simulator.restart();
    expect(await events.over).to.equal('clean');
  });

  it('and never tells what happened while it was down', async () => {
    const simulator = await start();
    two(simulator);
    await simulator.down();
    expect(existsSync(simulator.socketPath)).to.equal(false);
    simulator.die('ends', 7);
    simulator.remove('stays');
    simulator.start(simulator.createContainer({ name: 'new' }));
    await simulator.up();
    expect(await replay(simulator)).to.deep.equal([]);
    expect(await states(simulator)).to.deep.equal({ '/ends': 'exited', '/new': 'running' });
  });

  it('and refuses connections meanwhile', async () => {
    const simulator = await start();
    await simulator.down();
    const error: unknown = await ask(simulator, '/_ping').catch((reason: unknown) => reason);
    expect((error as NodeJS.ErrnoException).code).to.be.oneOf(['ENOENT', 'ECONNREFUSED']);
    await simulator.up();
    expect((await ask(simulator, '/_ping')).status).to.equal(200);
  });

  it('and goes on with a restart policy that was waiting', async () => {
    const simulator = await start();
    two(simulator);
    simulator.die('stays', 1);
    await simulator.restart();
    const { lines } = await openStream(simulator, '/events?since=0');
    expect(told(await lines.until(1))).to.deep.equal(['container start stays']);
  });
});

describe('the simulated engine freezes', () => {
  const start = simulators();

  it('accepts and does not answer, and does so when it thaws', async () => {
    const simulator = await start({ containers: 1 });
    const { lines: stats } = await openStream(simulator, '/containers/shop-db-1/stats');
    const { lines: events } = await openStream(simulator, '/events');
    await stats.until(1);
    simulator.freeze();
    const frozenAt = stats.all.length;
    const call = request({ socketPath: simulator.socketPath, path: '/_ping', agent: false }).end();
    let answered = false;
    const answer = once(call, 'response').then(() => {
      answered = true;
    });
    simulator.pause('shop-db-1');
    // several times the period of the stats
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect([answered, events.all.length]).to.deep.equal([false, 0]);
    // one sample may have been on its way
    expect(stats.all.length - frozenAt).to.be.at.most(1);
    simulator.thaw();
    await answer;
    expect(told(await events.until(1))).to.deep.equal(['container pause shop-db-1']);
    await stats.until(frozenAt + 3);
  });

  it('and lets go of those who gave up waiting', async () => {
    const simulator = await start({ containers: 1 });
    simulator.freeze();
    const call = request({ socketPath: simulator.socketPath, path: '/events', agent: false }).end();
    call.on('error', () => undefined);
    await once(call, 'socket').then(([socket]) => once(socket as NodeJS.EventEmitter, 'connect'));
    call.destroy();
    while (simulator.connections > 0) await new Promise((resolve) => setImmediate(resolve));
    simulator.thaw();
    await ask(simulator, '/_ping');
    expect(simulator.eventListeners).to.equal(0);
  });
});

describe('a simulator', () => {
  it('listens in a private folder and leaves nothing behind', async () => {
    const simulator = await startSimulator({ containers: 1, scenario: 'quiet' });
    const folder = dirname(simulator.socketPath);
    expect(statSync(folder).mode & 0o777).to.equal(0o700);
    expect(simulator.host).to.equal(`unix://${simulator.socketPath}`);
    await simulator.close();
    expect(existsSync(folder)).to.equal(false);
  });

  it('closes with streams open, frozen or down', async () => {
    for (const state of ['open', 'frozen', 'down'] as const) {
      const simulator = await startSimulator({ containers: 2, scenario: 'quiet' });
      const { lines } = await openStream(simulator, '/events');
      const { lines: stats } = await openStream(simulator, '/containers/shop-db-1/stats');
      if (state === 'frozen') simulator.freeze();
      if (state === 'down') await simulator.down();
      await simulator.close();
      expect([await lines.over, await stats.over], state).to.deep.equal(['cut', 'cut']);
      expect(simulator.connections).to.equal(0);
    }
  });

  it('counts its connections and listeners', async () => {
    const simulator = await startSimulator({ containers: 0, scenario: 'quiet' });
    const { response } = await openStream(simulator, '/events');
    expect([simulator.connections, simulator.eventListeners]).to.deep.equal([1, 1]);
    const info = (await askJson(simulator, '/info')) as { NEventsListener: number };
    expect(info.NEventsListener).to.equal(1);
    response.destroy();
    await once(response, 'close');
    while (simulator.eventListeners > 0) await ask(simulator, '/_ping');
    await simulator.close();
  });

  it('refuses options out of range by name', async () => {
    const refused = async (options: object): Promise<string> =>
      startSimulator(options).then(
        () => 'started',
        (error: unknown) => (error as Error).message,
      );
    expect(await refused({ apiVersion: '1.99' })).to.equal(
      'simulator: apiVersion is "1.99", give one from 1.41 to 1.55',
    );
    expect(await refused({ cgroup: 'v3' })).to.equal('simulator: cgroup is "v3", give v1 or v2');
    expect(await refused({ containers: -1 })).to.include('containers is -1');
    expect(await refused({ containers: Number.NaN })).to.include('containers is NaN');
    expect(await refused({ statsEveryMs: 0 })).to.include('statsEveryMs is 0');
    expect(await refused({ eventsPerSecond: -1 })).to.include('eventsPerSecond is -1');
    expect(await refused({ scenario: 'nonsense' })).to.include(
      'scenario is "nonsense", give one of lively, quiet',
    );
  });

  it('names a container it does not have', async () => {
    const simulator = await startSimulator({ containers: 0, scenario: 'quiet' });
    expect(() => simulator.start('nope')).to.throw('no container "nope"');
    await simulator.close();
  });
});
