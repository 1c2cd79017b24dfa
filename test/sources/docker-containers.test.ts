import { expect } from 'chai';
import type { Source } from '../../src/core/types.ts';
import { dockerEngine } from '../../src/engine/engine.ts';
import type { ContainerFacts } from '../../src/records/container-facts.ts';
import type { EngineInfo } from '../../src/records/engine-info.ts';
import { startSimulator, type Simulator, type SimulatorOptions } from '../../src/simulator/index.ts';
import { dockerContainers, type DockerContainersOptions } from '../../src/sources/docker-containers.ts';
import { answerJson, answerStream, scriptedEngine, type ScriptedEngine } from '../engine/scripted-engine.ts';
import { becomes, hear, type Hearing, stopHearing } from './hear.ts';

type Told = ContainerFacts | EngineInfo;

const factsIn = ({ records }: Hearing<Told>): readonly ContainerFacts[] =>
  records.filter((record) => record.kind === 'container-facts');
/** What was told last of a container. */
const lastOf = (heard: Hearing<Told>, id: string): ContainerFacts | undefined =>
  factsIn(heard).findLast(({ container }) => container.id === id);
const tells = (heard: Hearing<Told>, id: string, isSo: (facts: ContainerFacts) => boolean): Promise<void> =>
  heard.until(() => {
    const last = lastOf(heard, id);
    return last !== undefined && isSo(last);
  });

describe('dockerContainers of a simulated engine', () => {
  let engine: Simulator;
  const start = async (options: SimulatorOptions = {}): Promise<Simulator> =>
    (engine = await startSimulator({ containers: 0, scenario: 'quiet', ...options }));
  const source = (options: DockerContainersOptions = {}): Source<Told> =>
    dockerContainers({ engine: dockerEngine({ address: engine.host, host: 'here' }), ...options });
  afterEach(async () => {
    stopHearing();
    await engine.close();
  });

  for (const [apiVersion, cgroup] of [
    ['1.41', 'v1'],
    ['1.52', 'v2'],
  ] as const)
    it(`tells of the engine first, then of all its containers (${apiVersion}, ${cgroup})`, async () => {
      await start({ apiVersion, cgroup, containers: 3 });
      const id = engine.createContainer({ name: 'created', memoryLimitBytes: 4096, cpus: 0.5, pidsLimit: 7 });
      const heard = hear(source());
      await heard.until(({ records }) => records.length === 5);
      expect(heard.records[0]).to.include({
        kind: 'engine-info',
        host: 'here',
        simulated: true,
        engine: 'docker',
        cgroupVersion: cgroup === 'v1' ? 1 : 2,
      });
      const created = lastOf(heard, id)!;
      expect(created.time).to.match(/^20\d\d-.*Z$/);
      expect(created).to.include({ state: 'created', health: 'none', restartCount: 0, simulated: true });
      expect(created).to.not.have.any.keys('startedAt', 'exitCode', 'writtenBytes');
      expect(created.container).to.include({ id, name: 'created', image: 'busybox:1.37' });
      expect(created.limits).to.include({ memory: 4096, cpuPeriod: 100_000, cpuQuota: 50_000, pids: 7 });
      expect(created.cgroup).to.equal(cgroup === 'v1' ? `/docker/${id}` : `/system.slice/docker-${id}.scope`);
      expect(factsIn(heard).filter(({ state }) => state === 'running')).to.have.lengthOf(3);
    });

  it('tells each change of a container, and its end', async () => {
    await start();
    const heard = hear(source());
    await becomes(() => engine.eventListeners === 1);
    const id = engine.createContainer({ name: 'web', healthCommand: 'true' });
    await tells(heard, id, ({ state }) => state === 'created');
    engine.start(id);
    await tells(heard, id, ({ state, health }) => state === 'running' && health === 'starting');
    engine.probe(id, 0);
    await tells(heard, id, ({ health }) => health === 'healthy');
    engine.pause(id);
    await tells(heard, id, ({ state }) => state === 'paused');
    engine.unpause(id);
    await tells(heard, id, ({ state }) => state === 'running');
    engine.rename(id, 'shop');
    await tells(heard, id, ({ container }) => container.name === 'shop');
    engine.oom(id);
    await tells(
      heard,
      id,
      ({ state, oomKilled, exitCode }) => state === 'exited' && oomKilled && exitCode === 137,
    );
    engine.remove(id);
    await tells(heard, id, ({ state }) => state === 'removed');
    expect(lastOf(heard, id)).to.deep.include({ exitCode: 137, oomKilled: true });
    expect(lastOf(heard, id)!.container.name).to.equal('shop');
  });

  it('says nothing of a container that is gone before it could be asked', async () => {
    await start();
    const heard = hear(source());
    await becomes(() => engine.eventListeners === 1);
    for (let i = 0; i < 20; i += 1) engine.remove(engine.createContainer({ name: `quick-${i}` }));
    const id = engine.createContainer({ name: 'stays' });
    await tells(heard, id, () => true);
    const told = new Map(factsIn(heard).map((facts) => [facts.container.name, facts.state]));
    told.delete('stays');
    await heard.until(() => [...told.keys()].every((name) => stateOf(heard, name) === 'removed'));
  });

  it('keeps the labels that are allowed', async () => {
    await start();
    const labels = { 'com.docker.compose.project.working_dir': '/srv', secret: 'x' };
    const id = engine.createContainer({ labels });
    const some = hear(source());
    const all = hear(source({ labels: ['*'] }));
    for (const heard of [some, all]) await tells(heard, id, () => true);
    expect(lastOf(some, id)!.container.labels).to.deep.equal({
      'com.docker.compose.project.working_dir': '/srv',
    });
    expect(lastOf(all, id)!.container.labels).to.deep.equal(labels);
  });

  it('measures layers where it is told to, again and again, and keeps the last size', async () => {
    await start({ containers: 1 });
    const heard = hear(source({ sizes: { everyMs: 100 } }));
    const sized = (): readonly ContainerFacts[] =>
      factsIn(heard).filter(({ writtenBytes }) => writtenBytes !== undefined);
    await heard.until(() => sized().length >= 3);
    const { id } = sized()[0]!.container;
    engine.pause(id);
    await tells(heard, id, ({ state, writtenBytes }) => state === 'paused' && writtenBytes !== undefined);
  });

  it('tells after an absence what has gone in it, and all the others anew', async () => {
    await start();
    const [gone, stays] = ['gone', 'stays'].map((name) => engine.createContainer({ name })) as [
      string,
      string,
    ];
    const told = source();
    const before = hear(told);
    for (const id of [gone, stays]) await tells(before, id, () => true);
    await engine.down();
    await before.failure;
    engine.remove(gone);
    await engine.up();
    const after = hear(told);
    await tells(after, gone, ({ state }) => state === 'removed');
    await tells(after, stays, ({ state }) => state === 'created');
    expect(after.counts).to.include({ added: 1 });
  });

  it('asks the engine about itself again', async () => {
    await start();
    const heard = hear(source({ everyMs: 100 }));
    await heard.until(({ records }) => records.length === 1);
    engine.createContainer();
    await heard.until(({ records }) =>
      records.some((record) => record.kind === 'engine-info' && record.containers.stopped === 1),
    );
  });
});

const stateOf = (heard: Hearing<Told>, name: string): string | undefined =>
  factsIn(heard).findLast(({ container }) => container.name === name)?.state;

describe('dockerContainers, when an engine', () => {
  let engine: ScriptedEngine;
  const id = '1'.repeat(64);
  const inspection = (more: object = {}): object => ({
    Id: id,
    Name: '/web',
    Created: '2026-11-21T23:47:41Z',
    State: { Status: 'running', Running: true, StartedAt: '2026-11-21T23:47:41Z', ...more },
    Config: { Image: 'bb:1', Labels: {} },
    HostConfig: {},
  });
  const listed = (State = 'running'): object => ({ Id: id, Names: ['/web'], Image: 'bb:1', State });
  const answering = async (answers: Parameters<typeof scriptedEngine>[0]): Promise<Source<Told>> => {
    engine = await scriptedEngine({
      answers: {
        '/events': answerStream,
        '/info': answerJson({ CgroupDriver: 'cgroupfs' }),
        '/containers/json': answerJson([listed()]),
        '*': answerJson(inspection()),
        ...answers?.answers,
      },
    });
    return dockerContainers({ engine: dockerEngine({ address: engine.address }), everyMs: 100 });
  };
  afterEach(async () => {
    stopHearing();
    await engine.close();
  });

  it('does not let itself be asked for /info: goes on, and says so', async () => {
    const heard = hear(await answering({ answers: { '/info': answerJson({ message: 'no' }, 403) } }));
    await heard.until(({ records }) => records.length > 0);
    expect(lastOf(heard, id)).to.include({ cgroup: `/docker/${id}` });
    expect(heard.facts.map(({ type }) => type)).to.include('notice');
  });

  it('does not let containers be inspected: errs for good', async () => {
    const heard = hear(await answering({ answers: { '*': answerJson({ message: 'no' }, 403) } }));
    expect(await heard.failure).to.have.property('code', 'SOURCE_REFUSED');
  });

  for (const [what, answers] of [
    ['answers /info wrongly', { '/info': answerJson([]) }],
    ['lists wrongly', { '/containers/json': answerJson({}) }],
    ['fails to list', { '/containers/json': answerJson({ message: 'busy' }, 500) }],
    ['ends the events', { '/events': (response) => response.writeHead(200).end() }],
  ] as readonly (readonly [string, NonNullable<Parameters<typeof scriptedEngine>[0]>['answers']])[])
    it(`${what}: errs, to be tried again`, async () => {
      const heard = hear(await answering({ answers: answers! }));
      expect(await heard.failure).to.have.property('code', 'SOURCE_UNAVAILABLE');
    });

  it('fails to inspect: says so, and asks again', async () => {
    let asked = 0;
    const heard = hear(
      await answering({
        answers: {
          '*': (response, request) => {
            asked += 1;
            answerJson(asked === 1 ? { message: 'busy' } : inspection(), asked === 1 ? 500 : 200)(
              response,
              request,
            );
          },
        },
      }),
    );
    await tells(heard, id, () => true);
    expect(heard.facts.map(({ type }) => type)).to.deep.equal(['connected', 'notice']);
  });

  it('takes its time to measure: what it says of the rest is not told, for it may have changed meanwhile', async () => {
    let measured: (() => void) | undefined;
    let state = 'running';
    await answering({
      answers: {
        '/containers/json': (response, request) => answerJson([listed(state)])(response, request),
        '*': (response, request) => {
          const answer = answerJson({ ...inspection({ Status: state }), SizeRw: 4096 });
          if (request.url!.includes('size=true')) measured ??= () => answer(response, request);
          else answer(response, request);
        },
      },
    });
    const address = engine.address;
    const heard = hear(
      dockerContainers({ engine: dockerEngine({ address }), everyMs: 100, sizes: { everyMs: 60_000 } }),
    );
    await becomes(() => measured !== undefined);
    state = 'exited';
    await tells(heard, id, (facts) => facts.state === 'exited');
    measured!();
    await tells(heard, id, ({ writtenBytes }) => writtenBytes === 4096);
    expect(lastOf(heard, id)).to.include({ state: 'exited' });
  });

  it('answers what is no container: rejects it', async () => {
    const heard = hear(await answering({ answers: { '*': answerJson({ Id: id }) } }));
    await heard.until(({ facts }) => facts.some(({ type }) => type === 'rejected'));
    expect(heard.facts.find(({ type }) => type === 'rejected')).to.include({ reason: 'not-a-container' });
  });

  it('has told no event of a change: finds it in the list', async () => {
    let state = 'running';
    let present = true;
    const heard = hear(
      await answering({
        answers: {
          '/containers/json': (response, request) =>
            answerJson(present ? [listed(state)] : [])(response, request),
          '*': (response, request) =>
            answerJson(
              present ? inspection({ Status: state, Running: state === 'running' }) : {},
              present ? 200 : 404,
            )(response, request),
        },
      }),
    );
    await tells(heard, id, () => true);
    state = 'exited';
    await tells(heard, id, (facts) => facts.state === 'exited');
    present = false;
    await tells(heard, id, (facts) => facts.state === 'removed');
    expect(factsIn(heard)).to.have.lengthOf(3);
  });

  it('tells of many changes of one container at once: asks twice, and tells the newest', async () => {
    const answers: (() => void)[] = [];
    let restarts = 0;
    let tell: ((line: string) => void) | undefined;
    const heard = hear(
      await answering({
        answers: {
          '/containers/json': answerJson([]),
          '/events': (response, request) => {
            answerStream(response, request);
            tell = (line) => response.write(`${line}\n`);
          },
          '*': (response, request) => {
            const now = restarts;
            answers.push(() => answerJson({ ...inspection(), RestartCount: now })(response, request));
          },
        },
      }),
    );
    await heard.until(({ records }) => records.length > 0);
    const event = JSON.stringify({ Type: 'container', Action: 'start', Actor: { ID: id } });
    tell!(event);
    await becomes(() => answers.length === 1);
    for (let i = 0; i < 10; i += 1) tell!(event);
    // Behind those ten, so that they have been heard when it is noticed.
    tell!('no JSON');
    tell!(JSON.stringify({ Type: 'container', Action: 'start', Actor: { ID: '2'.repeat(64) } }));
    await becomes(() => answers.length === 2);
    restarts = 10;
    answers.forEach((answer) => answer());
    await becomes(() => answers.length === 3);
    answers[2]!();
    await tells(heard, id, ({ restartCount }) => restartCount === 10);
  });
});

describe('the options of dockerContainers', () => {
  const wrong: readonly (readonly [object, string])[] = [
    [{ every: 1000 }, 'there is no option "every"'],
    [{ everyMs: 99 }, 'everyMs must be at least 100 ms'],
    [{ labels: 'a' }, 'labels must be'],
    [{ sizes: true }, 'sizes must be false or { everyMs }'],
    [{ sizes: { everyMs: 1 } }, 'sizes must be'],
    [{ sizes: null }, 'sizes must be'],
  ];
  for (const [options, said] of wrong)
    it(`refuse ${JSON.stringify(options)} when it is called`, () => {
      expect(() => dockerContainers(options))
        .to.throw(`dockerContainers: ${said}`)
        .with.property('code', 'CONFIG_INVALID');
    });
});
