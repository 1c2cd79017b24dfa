import { expect } from 'chai';
import { from, pipeline } from '../../src/core/pipeline.ts';
import { runPipeline } from '../../src/core/run.ts';
import { onFact, type Fact } from '../../src/core/facts.ts';
import { dockerEngine } from '../../src/engine/engine.ts';
import { oomKills } from '../../src/operators/oom-kills.ts';
import type { Gap } from '../../src/records/gap.ts';
import type { OomKill } from '../../src/records/oom-kill.ts';
import { dockerEvents } from '../../src/sources/docker-events.ts';
import { kernelOom } from '../../src/sources/kernel-oom.ts';
import { engineKinds } from '../harness/kinds.ts';
import { useEngine } from '../harness/use-engine.ts';
import { collecting } from '../sources/collecting.ts';
import { becomes } from '../sources/hear.ts';

const MEMORY = ['--memory', '8m', '--memory-swap', '8m'];

for (const kind of engineKinds())
  describe(`oomKills on a real engine and kernel (${kind})`, function () {
    this.timeout(180_000);
    const engine = useEngine(kind);
    const isPodman = kind.startsWith('podman');
    afterEach(() => engine().removeAll());

    /** What is told of the kills in a container, once `work` is done and all has been told. */
    async function killsDuring(
      work: (untilTold: (id: string, kills: number) => Promise<void>) => Promise<string>,
    ): Promise<readonly OomKill[]> {
      const facts: Fact[] = [];
      const deafen = onFact((fact) => facts.push(fact));
      const stopping = new AbortController();
      const kills = collecting<OomKill | Gap>();
      const events = dockerEvents({ engine: dockerEngine({ address: engine().dockerHost }) });
      const run = runPipeline(pipeline('oom', from(events, kernelOom()), oomKills(), kills.sink), {
        stop: stopping.signal,
      });
      const of = (id: string, records: readonly (OomKill | Gap)[]): readonly OomKill[] =>
        records
          .filter((record) => record.kind === 'oom-kill')
          .filter(({ containerId }) => containerId === id);
      await becomes(() => facts.filter(({ type }) => type === 'connected').length === 2);
      const id = await work((container, count) =>
        kills.until((records) => of(container, records).length >= count),
      );
      stopping.abort();
      const { outcome } = await run.done;
      deafen();
      expect(outcome).to.equal('stopped');
      return of(id, kills.records);
    }

    it('counts sixty children killed in a living container as sixty, with the names the kernel told', async () => {
      let counted = 0;
      const kills = await killsDuring(async (untilTold) => {
        const storm = 'i=0; while [ $i -lt 60 ]; do tail /dev/zero; i=$((i+1)); done; sleep 3600';
        const id = await engine().docker(
          ...['run', '--detach', '--name', 'storm', ...MEMORY, engine().image, 'sh', '-c', storm],
        );
        await untilTold(id, 60);
        // The kernel's own count, as the container sees it.
        const count = 'cat /sys/fs/cgroup/memory.events /sys/fs/cgroup/memory/memory.oom_control 2>/dev/null';
        const told = await engine().docker('exec', 'storm', 'sh', '-c', `${count} || true`);
        counted = Number(/^oom_kill (\d+)$/m.exec(told)?.[1]);
        await engine().remove('storm');
        return id;
      });
      expect(counted).to.equal(60);
      expect(kills).to.have.lengthOf(60);
      expect(new Set(kills.map(({ name }) => name))).to.deep.equal(new Set(['storm']));
      // Others on this machine may lose processes too: only what the kernel reported with its cgroup is surely ours.
      const reported = kills.filter(({ cgroup }) => cgroup !== undefined);
      expect(reported.length).to.be.greaterThan(0);
      for (const { process, constraint, cgroup, containerId, pid } of reported) {
        expect([process, constraint]).to.deep.equal(['tail', 'CONSTRAINT_MEMCG']);
        expect(cgroup).to.contain(containerId);
        expect(pid).to.be.greaterThan(1);
      }
      expect(kills.filter(({ evidence }) => evidence.includes('kernel')).length).to.equal(60);
      if (!isPodman) expect(kills.some(({ evidence }) => evidence.includes('docker-oom'))).to.equal(true);
    });

    it('counts main processes once each, however Docker tells of them', async () => {
      for (const name of ['main-1', 'main-2', 'main-3']) {
        const kills = await killsDuring(async (untilTold) => {
          const id = await engine().docker(
            ...['run', '--detach', '--name', name, ...MEMORY, engine().image, 'tail', '/dev/zero'],
          );
          await untilTold(id, 1);
          return id;
        });
        expect(kills).to.have.lengthOf(1);
        const [kill] = kills;
        expect(kill).to.deep.include({ kind: 'oom-kill', name, image: engine().image });
        if (kill!.cgroup !== undefined) expect(kill).to.include({ process: 'tail' });
        expect(kill!.evidence).to.include('kernel');
      }
    });
  });
