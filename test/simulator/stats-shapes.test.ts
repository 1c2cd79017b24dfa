import { expect } from 'chai';
import type { ContainerSpec, Simulator, SimulatorOptions } from '../../src/simulator/index.ts';
import { defaultSpec } from '../../src/simulator/world.ts';
import { shapeDifferences } from './same-shape.ts';
import { ask, openStream, recordedLines, simulators } from './support.ts';

interface Recording {
  readonly title: string;
  readonly folder: 'docker' | 'docker-cgroupv2';
  readonly suffix: string;
  readonly options: SimulatorOptions;
  /** this recording's container had no I/O */
  readonly idle: string;
}

const recordings: readonly Recording[] = [
  {
    title: '20.10 on cgroup v1',
    folder: 'docker',
    suffix: 'docker-20.10-cgroupv1',
    options: { apiVersion: '1.41', cgroup: 'v1' },
    idle: 'stats-mem-limit',
  },
  ...['26.1', '28.5'].map((engine) => ({
    title: `${engine} on cgroup v2`,
    folder: 'docker-cgroupv2' as const,
    suffix: `docker-${engine}-cgroupv2`,
    options: { apiVersion: engine === '26.1' ? '1.45' : '1.51' },
    idle: 'stats-plain-busy',
  })),
];

const noInputOutput: Partial<ContainerSpec> = {
  load: { ...defaultSpec.load, readBytesPerSecond: 0, writeBytesPerSecond: 0 },
};

for (const { title, folder, suffix, options, idle } of recordings) {
  describe(`the simulated engine ${title} gives stats in the recorded shape and order of keys`, () => {
    const start = simulators();
    const lines = (name: string): string[] => recordedLines(folder, `${name}.${suffix}.ndjson`);

    const running = async (spec: Partial<ContainerSpec> = {}): Promise<Simulator> => {
      const simulator = await start(options);
      simulator.start(simulator.createContainer({ name: 'c', ...spec }));
      return simulator;
    };
    const expectSame = (actual: string, expected: string): void => {
      const [ours, theirs] = [actual, expected].map((line) => JSON.parse(line) as Record<string, unknown>);
      expect(shapeDifferences(ours, theirs)).to.deep.equal([]);
      expect(Object.keys(ours!)).to.deep.equal(Object.keys(theirs!));
      for (const part of ['cpu_stats', 'memory_stats', 'blkio_stats', 'pids_stats']) {
        expect(Object.keys(ours![part] as object), part).to.deep.equal(Object.keys(theirs![part] as object));
      }
    };
    const once = async (simulator: Simulator, query: string): Promise<string> =>
      (await ask(simulator, `/containers/c/stats?${query}`)).body.trimEnd();

    it('first and second line of a stream, idle', async () => {
      const simulator = await running(noInputOutput);
      const { lines: told } = await openStream(simulator, '/containers/c/stats');
      const [first, second] = await told.until(2);
      expectSame(first!, lines(idle)[0]!);
      expectSame(second!, lines(idle)[1]!);
    });

    it('block I/O', async () => {
      const busy = { ...defaultSpec.load, readBytesPerSecond: 1e9, writeBytesPerSecond: 1e9 };
      const simulator = await running({ load: busy });
      const { lines: told } = await openStream(simulator, '/containers/c/stats');
      const [, second] = await told.until(2);
      const recording = lines(folder === 'docker' ? 'stats-block-io' : 'stats-mem-limit').slice(1);
      const counted = recording.find((line) => line.includes('"io_service_bytes_recursive":[{'));
      expectSame(second!, counted!);
    });

    it('the host network: no networks at all', async () => {
      const simulator = await running({ ...noInputOutput, networks: ['host'] });
      expectSame(await once(simulator, 'stream=false'), lines('stats-host-net')[1]!);
    });

    it('stream=false', async () => {
      expectSame(
        await once(await running(noInputOutput), 'stream=false'),
        lines('stats-running-nostream')[0]!,
      );
    });

    it('one-shot', async () => {
      expectSame(
        await once(await running(noInputOutput), 'stream=false&one-shot=1'),
        lines('stats-running-oneshot')[0]!,
      );
    });

    it('created and exited containers', async () => {
      const simulator = await start(options);
      simulator.createContainer({ name: 'c' });
      expectSame(await once(simulator, 'stream=false'), lines('stats-created-nostream')[0]!);
      expectSame(await once(simulator, 'stream=false&one-shot=1'), lines('stats-stopped-oneshot')[0]!);
    });

    it('the zero samples after an exit: the first still carries the last reading', async () => {
      const simulator = await running(noInputOutput);
      const { lines: told } = await openStream(simulator, '/containers/c/stats');
      await told.until(2);
      simulator.die('c');
      const isZero = (line: string): boolean => line.includes('"read":"0001-');
      const zeros = await told.untilSuch(isZero, 2);
      const recordedZeros = lines('stats-exit-then-remove').filter(isZero);
      expectSame(zeros[0]!, recordedZeros[0]!);
      expectSame(zeros[1]!, recordedZeros[1]!);
    });

    if (folder === 'docker') {
      it('a limit of processes', async () => {
        const simulator = await running({ ...noInputOutput, pidsLimit: 32 });
        expectSame(await once(simulator, 'stream=false'), lines('stats-pids-limit')[1]!);
      });
    } else {
      it('two networks', async () => {
        const simulator = await running({ ...noInputOutput, networks: ['bridge', 'second'] });
        expectSame(await once(simulator, 'stream=false'), lines('stats-net-traffic')[1]!);
      });
    }

    it('refusals', async () => {
      const simulator = await running();
      const refused = await ask(simulator, '/containers/c/stats?stream=true&one-shot=true');
      expect([refused.status, refused.body.trimEnd()]).to.deep.equal([400, lines('stats-stream-oneshot')[0]]);
      const missing = await ask(simulator, '/containers/h7-nope/stats?stream=false');
      const body = lines('stats-not-found')[0]!.replace(/h\d-nope/, 'h7-nope');
      expect([missing.status, missing.body.trimEnd()]).to.deep.equal([404, body]);
    });
  });
}

describe('the simulated engine 29', () => {
  const start = simulators();

  it('gives stats in the shape of its documentation, with os_type', async () => {
    const simulator = await start({ apiVersion: '1.52' });
    simulator.start(simulator.createContainer({ name: 'c', networks: ['bridge'] }));
    const { lines } = await openStream(simulator, '/containers/c/stats');
    const ours = JSON.parse((await lines.until(2))[1]!) as Record<string, unknown>;
    const [theirs] = recordedLines('docker', 'stats-shape.moby-swagger-cgroupv2.ndjson');
    const expected = JSON.parse(theirs!) as Record<string, unknown>;
    // the example has two interfaces, and block I/O from the start
    const except = ['$.networks', '$.blkio_stats.io_service_bytes_recursive'];
    expect(shapeDifferences(ours, expected, { except })).to.deep.equal([]);
    expect(Object.keys(ours)).to.deep.equal(Object.keys(expected));
    expect(ours['os_type']).to.equal('linux');
  });

  it('ignores one-shot where a stream is asked for', async () => {
    const simulator = await start({ apiVersion: '1.52', containers: 1 });
    const { lines } = await openStream(simulator, '/containers/shop-db-1/stats?stream=true&one-shot=true');
    expect(await lines.until(2)).to.have.length.greaterThan(1);
  });
});
