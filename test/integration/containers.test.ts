import { expect } from 'chai';
import type { Source } from '../../src/core/types.ts';
import { dockerEngine } from '../../src/engine/engine.ts';
import type { ContainerFacts } from '../../src/records/container-facts.ts';
import type { EngineInfo } from '../../src/records/engine-info.ts';
import { dockerContainers, type DockerContainersOptions } from '../../src/sources/docker-containers.ts';
import { sourceContract } from '../contracts/source-contract.ts';
import { answerJson, scriptedEngine, type ScriptedEngine } from '../engine/scripted-engine.ts';
import { cgroupParentOf } from '../harness/cleanup.ts';
import { engineKinds } from '../harness/kinds.ts';
import { useEngine } from '../harness/use-engine.ts';
import { becomes, hear, type Hearing, stopHearing } from '../sources/hear.ts';

type Told = ContainerFacts | EngineInfo;

const lastOf = ({ records }: Hearing<Told>, name: string): ContainerFacts | undefined =>
  records
    .filter((record) => record.kind === 'container-facts')
    .findLast(({ container }) => container.name === name);

for (const kind of engineKinds())
  describe(`dockerContainers of a real engine (${kind})`, function () {
    this.timeout(300_000);
    const engine = useEngine(kind);
    const isPodman = kind.startsWith('podman');
    const source = (options: DockerContainersOptions = {}): Source<Told> =>
      dockerContainers({ engine: dockerEngine({ address: engine().dockerHost, host: 'here' }), ...options });
    afterEach(async () => {
      stopHearing();
      await engine().removeAll();
    });
    const run = (name: string, ...more: string[]): Promise<string> =>
      engine().docker('run', '--detach', '--name', name, ...more, engine().image, 'sleep', '1000');
    const tells = (
      heard: Hearing<Told>,
      name: string,
      isSo: (facts: ContainerFacts) => boolean,
    ): Promise<void> =>
      heard.until(() => {
        const last = lastOf(heard, name);
        return last !== undefined && isSo(last);
      });

    it('tells of the engine what it says itself', async () => {
      const heard = hear(source());
      await heard.until(({ records }) => records.length > 0);
      const said = (await engine().api('GET', '/info')) as Readonly<Record<string, unknown>>;
      expect(heard.records[0]).to.include({
        kind: 'engine-info',
        host: 'here',
        version: said['ServerVersion'],
        kernel: said['KernelVersion'],
        cpus: said['NCPU'],
        memoryBytes: said['MemTotal'],
        images: said['Images'],
        cgroupDriver: said['CgroupDriver'],
        cgroupVersion: Number(said['CgroupVersion']),
      });
    });

    it('tells what a container may use', async () => {
      await run(
        'web',
        '--memory',
        '64m',
        '--memory-reservation',
        '32m',
        '--cpu-shares',
        '512',
        '--cpus',
        '0.5',
      );
      await run('free');
      const heard = hear(source());
      for (const name of ['web', 'free']) await tells(heard, name, ({ state }) => state === 'running');
      const MiB = 1024 * 1024;
      expect(lastOf(heard, 'web')!.limits).to.deep.include({
        memory: 64 * MiB,
        memoryReservation: 32 * MiB,
        memorySwap: 128 * MiB,
        cpuShares: 512,
        cpuPeriod: 100_000,
        cpuQuota: 50_000,
      });
      expect(lastOf(heard, 'free')!.limits).to.include({
        memory: 0,
        memorySwap: 0,
        cpuQuota: 0,
        cpuShares: 1024,
      });
      expect(lastOf(heard, 'free')!.container.image).to.contain('bb:1');
    });

    if (!isPodman)
      it('tells its cgroup as the kernel has it', async () => {
        const parent = cgroupParentOf(engine().dir);
        const id = await run('web', '--cgroup-parent', parent);
        const heard = hear(source());
        await tells(heard, 'web', ({ state }) => state === 'running');
        const { State } = (await engine().api('GET', `/containers/${id}/json`)) as { State: { Pid: number } };
        const cgroups = await engine().inside('cat', `/proc/${State.Pid}/cgroup`);
        expect(cgroups.split('\n').map((line) => line.split(':')[2])).to.include(
          lastOf(heard, 'web')!.cgroup,
        );
      });

    it('tells each change: it starts, stops, is renamed, killed, restarted and removed', async () => {
      const heard = hear(source());
      await heard.until(({ records }) => records.length > 0);
      await engine().docker('create', '--name', 'web', engine().image, 'sleep', '1000');
      await tells(heard, 'web', ({ state }) => state === 'created');
      await engine().docker('start', 'web');
      await tells(heard, 'web', ({ state, startedAt }) => state === 'running' && startedAt !== undefined);
      await engine().docker('pause', 'web');
      await tells(heard, 'web', ({ state }) => state === 'paused');
      await engine().docker('unpause', 'web');
      await tells(heard, 'web', ({ state }) => state === 'running');
      await engine().docker('rename', 'web', 'shop');
      await tells(heard, 'shop', () => true);
      await engine().docker('kill', 'shop');
      await tells(heard, 'shop', ({ state, exitCode }) => state === 'exited' && exitCode === 137);
      const { startedAt } = lastOf(heard, 'shop')!;
      await engine().docker('start', 'shop');
      await tells(heard, 'shop', (facts) => facts.state === 'running' && facts.startedAt !== startedAt);
      await engine().remove('shop');
      await tells(heard, 'shop', ({ state }) => state === 'removed');
      // Podman cannot be asked about a container while it is changing it.
      if (!isPodman) expect(heard.facts.map(({ type }) => type)).to.deep.equal(['connected']);
    });

    // Podman seldom says so.
    if (!isPodman)
      it('tells that it ran out of memory', async () => {
        const heard = hear(source());
        const run = ['run', '--name', 'greedy', '--memory', '20m', engine().image, 'tail', '/dev/zero'];
        const isTold = async (): Promise<boolean> =>
          (await engine().docker('inspect', '--format', '{{.State.OOMKilled}}', 'greedy')) === 'true';
        // Engines miss it now and then: until this one has not.
        for (;;) {
          await engine()
            .docker(...run)
            .catch(() => undefined);
          if (await isTold()) break;
          await engine().remove('greedy');
        }
        await tells(heard, 'greedy', ({ state, oomKilled }) => state === 'exited' && oomKilled);
      });

    if (!isPodman)
      it('measures what it has written', async () => {
        const write = 'head -c 1000000 /dev/zero > /file; sleep 1000';
        await engine().docker('run', '--detach', '--name', 'web', engine().image, 'sh', '-c', write);
        const heard = hear(source({ sizes: { everyMs: 500 } }));
        await tells(heard, 'web', ({ writtenBytes }) => writtenBytes === 1_000_000);
      });
  });

for (const kind of engineKinds().filter((each) => each === 'docker-20.10'))
  describe(`with a real engine (${kind})`, function () {
    this.timeout(180_000);
    const engine = useEngine(kind);
    let forbidding: ScriptedEngine;
    sourceContract(
      'dockerContainers',
      async () => {
        forbidding = await scriptedEngine({ answers: { '*': answerJson({ message: 'forbidden' }, 403) } });
        const make = (address: string): Source<unknown> =>
          dockerContainers({ engine: dockerEngine({ address }), everyMs: 500 });
        const listeners = (): Promise<number> =>
          engine()
            .api('GET', '/info')
            .then(
              (info) => (info as { NEventsListener: number }).NEventsListener,
              () => 0,
            );
        await becomes(async () => (await listeners()) === 0);
        return {
          make: () => make(engine().dockerHost),
          makeRefused: () => make(forbidding.address),
          happen: async () => {
            await engine().docker('create', engine().image);
          },
          served: listeners,
          goAway: () => engine().kill(),
          comeBack: () => engine().restart(),
        };
      },
      async () => {
        await forbidding.close();
        await engine().removeAll();
      },
    );
  });
