import { expect } from 'chai';
import type { ContainerSpec, Simulator, SimulatorOptions } from '../../src/simulator/index.ts';
import { shapeDifferences } from './same-shape.ts';
import {
  dockerOf,
  linesOf,
  parseEvents,
  recorded,
  recordedLines,
  simulators,
  type EventLine,
  type Lines,
} from './support.ts';

interface Recording {
  readonly title: string;
  readonly folder: 'docker' | 'docker-cgroupv2';
  readonly suffix: string;
  readonly options: SimulatorOptions;
  readonly web: Partial<ContainerSpec>;
}

const newer = {
  folder: 'docker-cgroupv2' as const,
  web: {
    image: 'bb:1',
    networks: ['h7-net'],
    volumes: [{ name: 'h7-data', destination: '/d' }],
    labels: { 'com.example.team': 'käse', multi: 'a\nb' },
    healthCommand: 'ls /ok',
  },
};

const recordings: readonly Recording[] = [
  {
    title: '20.10',
    folder: 'docker',
    suffix: 'docker-20.10-cgroupv1',
    options: { apiVersion: '1.41', cgroup: 'v1' },
    web: {
      image: 'bb:1',
      networks: ['h2-net'],
      volumes: [{ name: 'h2-vol', destination: '/data' }],
      labels: {
        'api.token': 'EXAMPLE-not-a-secret',
        'com.docker.compose.project': 'demo',
        'com.docker.compose.service': 'web',
        multi: 'line1\nline2',
        note: 'naïve café 日本語 🐳',
      },
      healthCommand: 'ls /tmp/ok',
    },
  },
  { ...newer, title: '26.1', suffix: 'docker-26.1-cgroupv2', options: { apiVersion: '1.45' } },
  { ...newer, title: '28.5', suffix: 'docker-28.5-cgroupv2', options: { apiVersion: '1.51' } },
];

const verb = ({ Action }: EventLine): string => Action.split(':')[0]!;

/** Health checks ran during the recordings at moments of their own. */
const byItself = (event: EventLine): boolean =>
  ['exec_create', 'exec_start', 'exec_die', 'health_status'].includes(verb(event));

const brief = (event: EventLine): string => {
  const { exitCode, signal } = event.Actor.Attributes;
  return [event.Type, verb(event), exitCode ?? signal].filter((part) => part !== undefined).join(' ');
};

const ofContainer = (events: readonly EventLine[], name: string): EventLine[] => {
  const created = events.find(
    ({ Type, Action, Actor }) =>
      Type === 'container' && Action === 'create' && Actor.Attributes['name'] === name,
  );
  const id = created!.Actor.ID;
  return events.filter(({ Actor }) => Actor.ID === id || Actor.Attributes['container'] === id);
};

for (const { title, folder, suffix, options, web } of recordings) {
  describe(`the simulated engine tells events as ${title} did`, () => {
    const start = simulators();
    const events = parseEvents(recordedLines(folder, `events-scenario.${suffix}.ndjson`));
    const { steps } = JSON.parse(`{"steps":${recorded(folder, `events-scenario.${suffix}.steps.json`)}}`) as {
      steps: { step: string; eventsAfter: number }[];
    };

    /** what was told from one step to another, by the beginnings of their names */
    const during = (first: string, last = first): EventLine[] => {
      const from = steps.findIndex(({ step }) => step.startsWith(first));
      const to = steps.findIndex(({ step }, i) => i >= from && step.startsWith(last));
      return events
        .slice(steps[from - 1]!.eventsAfter, steps[to]!.eventsAfter)
        .filter((event) => !byItself(event));
    };
    const listen = async (): Promise<{ simulator: Simulator; lines: Lines }> => {
      const simulator = await start(options);
      return { simulator, lines: linesOf(await dockerOf(simulator).getEvents()) };
    };
    const expectSame = async (lines: Lines, expected: readonly EventLine[]): Promise<void> => {
      const told = parseEvents(await lines.until(expected.length));
      expect(told.map(brief)).to.deep.equal(expected.map(brief));
      told.forEach((event, i) => {
        expect(shapeDifferences(event, expected[i]), brief(event)).to.deep.equal([]);
      });
    };

    it('create and start, with a volume and a network of its own', async () => {
      const { simulator, lines } = await listen();
      simulator.start(simulator.createContainer({ ...web, name: 'h2-web' }));
      await expectSame(lines, during('container create', 'container start'));
    });

    it('restart: restart comes last, after a stop and a start', async () => {
      const { simulator, lines } = await listen();
      simulator.start(simulator.createContainer({ ...web, name: 'h2-web' }));
      const before = simulator.eventsPublished;
      await lines.until(before);
      simulator.restartContainer('h2-web', 3);
      const expected = during('restart');
      const told = parseEvents((await lines.until(before + expected.length)).slice(before));
      expect(told.map(brief)).to.deep.equal(expected.map(brief));
      told.forEach((event, i) => expect(shapeDifferences(event, expected[i])).to.deep.equal([]));
    });

    it('rename, pause, unpause, signal, stop, start, kill, remove', async () => {
      const { simulator, lines } = await listen();
      simulator.start(simulator.createContainer({ ...web, name: 'h2-web' }));
      const before = simulator.eventsPublished;
      await lines.until(before);
      simulator.rename('h2-web', 'h2-web2');
      simulator.pause('h2-web2');
      simulator.unpause('h2-web2');
      simulator.kill('h2-web2', 10);
      simulator.stop('h2-web2', 3);
      simulator.start('h2-web2');
      simulator.kill('h2-web2');
      simulator.remove('h2-web2');
      const kill = title === '20.10' ? 'kill SIGUSR1' : 'kill signal';
      const startAgain = title === '20.10' ? 'start again' : 'kill (SIGKILL)';
      const expected = [
        ...during('rename', 'unpause'),
        ...during(kill),
        ...during('stop'),
        ...(title === '20.10' ? during(startAgain, 'remove') : afterStop()),
      ];
      const told = parseEvents((await lines.until(before + expected.length)).slice(before));
      expect(told.map(brief)).to.deep.equal(expected.map(brief));
      told.forEach((event, i) =>
        expect(shapeDifferences(event, expected[i]), brief(event)).to.deep.equal([]),
      );
    });

    /** the newer recordings have two steps called "start (again)"; this is the second, with what follows */
    const afterStop = (): EventLine[] => {
      const stop = steps.findIndex(({ step }) => step.startsWith('stop'));
      const remove = steps.findIndex(({ step }) => step === 'remove');
      return events
        .slice(steps[stop]!.eventsAfter, steps[remove]!.eventsAfter)
        .filter((event) => !byItself(event));
    };

    it('an OOM kill of the main process: oom, then die 137', async () => {
      const { simulator, lines } = await listen();
      const name = title === '20.10' ? 'h2-oom' : 'h7-oom1';
      simulator.start(simulator.createContainer({ name, image: 'bb:1', memoryLimitBytes: 20 * 1024 ** 2 }));
      simulator.oom(name);
      simulator.remove(name);
      await expectSame(lines, ofContainer(events, name));
    });

    it('a container that ends by itself, removed by hand or at once', async () => {
      const { simulator, lines } = await listen();
      const name = title === '20.10' ? 'h2-exit3' : 'h7-exit42';
      simulator.start(simulator.createContainer({ name, image: 'bb:1', autoRemove: title !== '20.10' }));
      simulator.die(name, title === '20.10' ? 3 : 42);
      if (title === '20.10') simulator.remove(name);
      await expectSame(lines, ofContainer(events, name));
    });

    it('a command that cannot be started: no start and no die', async () => {
      const { simulator, lines } = await listen();
      const name = title === '20.10' ? 'h2-bad' : 'h7-bad';
      simulator.createContainer({ name, image: 'bb:1' });
      simulator.failStart(name);
      simulator.remove(name);
      await expectSame(lines, ofContainer(events, name));
    });

    it('a restart policy on failure', async () => {
      const { simulator, lines } = await listen();
      const name = title === '20.10' ? 'h2-rp' : 'h7-loop';
      const exitCode = title === '20.10' ? 5 : 1;
      const networks = [title === '20.10' ? 'none' : 'bridge'];
      const restartPolicy = { name: 'on-failure' as const, maximumRetryCount: 2 };
      simulator.start(simulator.createContainer({ name, image: 'bb:1', networks, restartPolicy }));
      // 26.1's container was removed in its second life
      const lives = title === '26.1' ? 1 : 2;
      for (let life = 1; life <= lives; life++) {
        simulator.die(name, exitCode);
        await lines.until(3 + 4 * life);
      }
      if (lives === 2) {
        simulator.die(name, exitCode);
        simulator.remove(name);
      }
      await expectSame(lines, ofContainer(events, name).slice(0, lives === 2 ? undefined : 7));
    });

    it('a health check: three exec events, and a verdict when it changes', async () => {
      const { simulator, lines } = await listen();
      simulator.start(simulator.createContainer({ ...web, name: 'h2-web' }));
      const before = simulator.eventsPublished;
      for (const exitCode of [1, 1, 1, 0, 0]) simulator.probe('h2-web', exitCode);
      const told = parseEvents((await lines.until(before + 17)).slice(before));
      const triple = ['exec_create', 'exec_start', 'exec_die'];
      const verdict = ['health_status'];
      expect(told.map(verb)).to.deep.equal([triple, triple, triple, verdict, triple, verdict, triple].flat());
      expect(told[9]!.Action).to.equal('health_status: unhealthy');
      expect(told[13]!.Action).to.equal('health_status: healthy');
      for (const kind of [...triple, ...verdict]) {
        const [ours, theirs] = [told, events].map((list) => list.find((event) => verb(event) === kind));
        expect(shapeDifferences(ours, theirs), kind).to.deep.equal([]);
      }
      const command = events.find((event) => verb(event) === 'exec_create')!.Action;
      expect(told[0]!.Action).to.equal(command);
    });

    if (title === '20.10') {
      it('an OOM kill of a child only: the main process lives on and ends with 0', async () => {
        const { simulator, lines } = await listen();
        simulator.start(simulator.createContainer({ name: 'h2-oom2', image: 'bb:1' }));
        simulator.oom('h2-oom2', 'child');
        simulator.die('h2-oom2', 0);
        simulator.remove('h2-oom2');
        await expectSame(lines, ofContainer(events, 'h2-oom2'));
      });
    }
  });
}

describe('labels in events of the simulated engine', () => {
  const start = simulators();

  it('shadow the attributes of the event, but not image and name', async () => {
    const simulator = await start();
    const lines = linesOf(await dockerOf(simulator).getEvents());
    const labels = { exitCode: '0', signal: 'none', image: 'false', name: 'false' };
    simulator.start(simulator.createContainer({ name: 'c', image: 'bb:1', networks: [], labels }));
    simulator.die('c', 3);
    const [, , die] = parseEvents(await lines.until(3));
    expect(die!.Actor.Attributes).to.include({ exitCode: '0', signal: 'none', image: 'bb:1', name: 'c' });
  });
});
