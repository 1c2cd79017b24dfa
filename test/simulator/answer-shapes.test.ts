import { expect } from 'chai';
import type { ContainerSpec, Simulator, SimulatorOptions } from '../../src/simulator/index.ts';
import { shapeDifferences, type ShapeOptions } from './same-shape.ts';
import { ask, askJson, recorded, simulators } from './support.ts';

interface Recording {
  readonly title: string;
  readonly folder: 'docker' | 'docker-cgroupv2';
  readonly suffix: string;
  readonly options: SimulatorOptions;
  readonly host: string;
  readonly none: string;
}

const recordings: readonly Recording[] = [
  {
    title: '20.10 on cgroup v1',
    folder: 'docker',
    suffix: 'docker-20.10-cgroupv1',
    options: { apiVersion: '1.41', cgroup: 'v1' },
    host: 'inspect-host',
    none: 'inspect-none',
  },
  ...['26.1', '28.5'].map((engine) => ({
    title: `${engine} on cgroup v2`,
    folder: 'docker-cgroupv2' as const,
    suffix: `docker-${engine}-cgroupv2`,
    options: { apiVersion: engine === '26.1' ? '1.45' : '1.51', cgroup: 'v2' as const },
    host: 'inspect-host-net',
    none: 'inspect-none-net',
  })),
];

const limited: Partial<ContainerSpec> = { name: 'mem', memoryLimitBytes: 64 * 1024 ** 2, cpus: 0.5 };

for (const { title, folder, suffix, options, host, none } of recordings) {
  describe(`the simulated engine ${title} answers in the recorded shape`, () => {
    const start = simulators();

    const same = async (
      simulator: Simulator,
      path: string,
      name: string,
      how?: ShapeOptions,
    ): Promise<void> => {
      const expected: unknown = JSON.parse(recorded(folder, `${name}.${suffix}.json`));
      expect(shapeDifferences(await askJson(simulator, path), expected, how)).to.deep.equal([]);
    };
    const running = async (spec: Partial<ContainerSpec>): Promise<Simulator> => {
      const simulator = await start(options);
      simulator.start(simulator.createContainer(spec));
      return simulator;
    };

    it('version', async () => {
      await same(await start(options), '/version', 'version');
    });

    it('info', async () => {
      await same(await start(options), '/info', 'info');
    });

    it('list: running, paused, exited and created, on all kinds of networks', async () => {
      const simulator = await start(options);
      for (const [name, network] of [
        ['b', 'bridge'] as const,
        ['h', 'host'] as const,
        ['n', 'none'] as const,
      ]) {
        simulator.start(simulator.createContainer({ name, networks: [network], labels: { a: 'b' } }));
      }
      simulator.createContainer({ name: 'created' });
      simulator.start(simulator.createContainer({ name: 'exited' }));
      simulator.die('exited');
      simulator.pause('b');
      simulator.start(
        simulator.createContainer({ name: 'volume', volumes: [{ name: 'v', destination: '/v' }] }),
      );
      // the recorded lists differ in whether a container with a volume or with labels was among them
      await same(simulator, '/containers/json?all=1', 'containers-json-all', { maps: ['$[].Labels'] });
    });

    it('inspect of a limited container', async () => {
      await same(await running(limited), '/containers/mem/json', 'inspect-mem');
    });

    it('inspect of a created container', async () => {
      const simulator = await start(options);
      simulator.createContainer({ name: 'new' });
      await same(simulator, '/containers/new/json', 'inspect-created');
    });

    it('inspect of an exited container', async () => {
      const simulator = await running({ name: 'gone', command: ['sh', '-c', 'exit 0'] });
      simulator.die('gone');
      await same(simulator, '/containers/gone/json', 'inspect-stopped');
    });

    it('inspect of containers on the host network and on none', async () => {
      const simulator = await running({ name: 'h', networks: ['host'], command: ['sleep', '1000'] });
      simulator.start(simulator.createContainer({ name: 'n', networks: ['none'] }));
      await same(simulator, '/containers/h/json', host);
      await same(simulator, '/containers/n/json', none);
    });

    if (folder === 'docker-cgroupv2') {
      it('inspect of a container with a health check, labels, a volume and a network of its own', async () => {
        const simulator = await running({
          name: 'web',
          command: ['sh', '-c', 'true'],
          healthCommand: 'ls /ok',
          networks: ['h7-net'],
          labels: { 'com.example.team': 'käse', multi: 'a\nb' },
          volumes: [{ name: 'data', destination: '/d' }],
        });
        simulator.probe('web', 0);
        // the recording of 26.1 was made while a health check was running
        await same(simulator, '/containers/web/json', 'inspect-healthy', { except: ['$.ExecIDs'] });
      });

      it('ping, with its headers', async () => {
        const [status, ...lines] = recorded(folder, `ping.${suffix}.txt`).split('\n');
        const headers = lines
          .filter((line) => line.includes(': '))
          .map((line) => line.split(': ')[0]!.toLowerCase());
        const reply = await ask(await start(options), '/_ping');
        expect(`HTTP ${reply.status}`).to.equal(status);
        expect(reply.body).to.equal(lines.at(-1));
        expect(reply.headers).to.include.keys(headers);
        expect(reply.headers['api-version']).to.equal(options.apiVersion);
      });
    }
  });
}
