import { expect } from 'chai';
import type { ScenarioName, Simulator, SimulatorOptions } from '../../src/simulator/index.ts';
import { askJson, openStream, parseEvents, simulators, type EventLine, type Lines } from './support.ts';

const brief = ({ Type, Action, Actor }: EventLine): string => {
  const { exitCode } = Actor.Attributes;
  const verb = Action.startsWith('exec') ? Action.split(':')[0]! : Action;
  return [Type, verb, ...(exitCode === undefined ? [] : [exitCode])].join(' ');
};

describe('the simulated engine plays', () => {
  const start = simulators();

  /** plays a story without its pauses, and gives what was told */
  const play = async (name: ScenarioName): Promise<{ events: EventLine[]; simulator: Simulator }> => {
    const simulator = await start();
    const { lines } = await openStream(simulator, '/events');
    await simulator.play(name, 0);
    return { events: parseEvents(await lines.until(simulator.eventsPublished)), simulator };
  };
  const of = (events: readonly EventLine[], type: string): string[] =>
    events.filter(({ Type, Action }) => Type === type && !Action.startsWith('exec')).map(brief);

  it('a deploy: a project comes up, one service gets a new version, all goes down', async () => {
    const { events, simulator } = await play('deploy');
    const count = (what: string): number => events.filter((event) => brief(event).startsWith(what)).length;
    expect(brief(events[0]!)).to.equal('network create');
    expect(brief(events.at(-1)!)).to.equal('network destroy');
    expect(count('container start')).to.equal(5);
    expect(count('container destroy')).to.equal(5);
    expect(count('image pull')).to.equal(5);
    expect(count('container health_status: healthy')).to.equal(3);
    const started = events
      .filter(({ Action }) => Action === 'start')
      .map(({ Actor }) => Actor.Attributes['image']);
    expect(started.at(-1)).to.match(/api:2\.19\.0$/);
    expect(await askJson(simulator, '/containers/json?all=1')).to.deep.equal([]);
  });

  it('a crash loop: the policy restarts three times and gives up', async () => {
    const { events, simulator } = await play('crash-loop');
    expect(of(events, 'container')).to.deep.equal([
      'container create',
      ...Array.from({ length: 4 }, () => ['container start', 'container die 1']).flat(),
      'container destroy',
    ]);
    expect(await askJson(simulator, '/containers/json?all=1')).to.deep.equal([]);
  });

  it('an OOM kill: of a child first, then of the main process', async () => {
    const { events } = await play('oom');
    expect(of(events, 'container')).to.deep.equal([
      'container create',
      'container start',
      'container oom',
      'container oom',
      'container die 137',
      'container destroy',
    ]);
  });

  it('a flapping health check', async () => {
    const { events } = await play('health-flapping');
    const verdicts = events
      .filter(({ Action }) => Action.startsWith('health_status'))
      .map(({ Action }) => Action);
    const [healthy, unhealthy] = ['health_status: healthy', 'health_status: unhealthy'];
    expect(verdicts).to.deep.equal([healthy, unhealthy, healthy, unhealthy, healthy]);
    expect(events.filter(({ Action }) => Action.startsWith('exec_die'))).to.have.length(9);
  });

  it('an engine restart', async () => {
    const simulator = await start({ containers: 1 });
    const { lines } = await openStream(simulator, '/events');
    await simulator.play('engine-restart', 0);
    expect(await lines.over).to.equal('cut');
    expect(await askJson(simulator, '/containers/json')).to.have.length(1);
  });

  it('several stories side by side, by option', async () => {
    const simulator = await start({ scenario: ['crash-loop', 'oom'] });
    const { lines } = await openStream(simulator, '/events?since=0');
    const told = parseEvents(await lines.until(6)).filter(({ Action }) => Action === 'start');
    expect(told.map(({ Actor }) => Actor.Attributes['name'])).to.deep.equal(['crashing-1', 'leaking-2']);
  });

  it('a lively mix by default, with events and log lines of the containers that are there', async () => {
    const lively: SimulatorOptions = { scenario: 'lively', containers: 7, eventsPerSecond: 200 };
    const simulator = await start(lively);
    const { lines } = await openStream(simulator, '/events?since=0');
    const kinds = new Set(
      parseEvents(await lines.until(150)).map((event) => brief(event).replace(/ \d+$/, '')),
    );
    expect(kinds).to.include.keys('container exec_create', 'container exec_start', 'container exec_die');
    expect(kinds).to.include.keys('container health_status: healthy');
    expect(kinds.size).to.be.greaterThan(5);
  });

  it('and says when a story cannot go on', async () => {
    const simulator = await start();
    const { lines } = await openStream(simulator, '/events');
    const playing = simulator.play('oom', 0.05);
    await lines.until(3);
    simulator.remove('leaking-1');
    const error = await playing.catch((reason: unknown) => reason);
    expect((error as Error).message).to.include('leaking-1');
  });
});

describe('the same seed', () => {
  const start = simulators();

  const identity = ({ Type, Action, Actor }: EventLine): unknown => [Type, Action, Actor];

  const background = async (seed: number): Promise<unknown[]> => {
    const simulator = await start({
      seed,
      containers: 14,
      scenario: ['crash-loop', 'deploy'],
      eventsPerSecond: 100,
    });
    const { lines } = await openStream(simulator, '/events?since=0');
    const all: Lines = lines;
    return parseEvents((await all.until(60)).slice(0, 60)).map(identity);
  };
  const containers = async (seed: number): Promise<unknown> => {
    const simulator = await start({ seed, containers: 14 });
    const list = (await askJson(simulator, '/containers/json')) as Record<string, unknown>[];
    return list.map(({ Id, Names, Image, ImageID, Labels, NetworkSettings }) => ({
      Id,
      Names,
      Image,
      ImageID,
      Labels,
      NetworkSettings,
    }));
  };

  it('gives the same containers, another seed others', async () => {
    expect(await containers(5)).to.deep.equal(await containers(5));
    expect(await containers(5)).to.not.deep.equal(await containers(6));
  });

  it('gives the same events in the same order, whatever the timers do', async () => {
    const [first, second] = [await background(5), await background(5)];
    // `execDuration` counts real seconds
    expect(JSON.stringify(first).replaceAll(/"execDuration":"\d+"/g, '')).to.equal(
      JSON.stringify(second).replaceAll(/"execDuration":"\d+"/g, ''),
    );
    expect(await background(6)).to.not.deep.equal(first);
  });
});
