import { expect } from 'chai';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
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

const MEMORY = ['--memory', '32m', '--memory-swap', '32m'];

for (const kind of engineKinds())
  describe(`oomKills on a real engine and kernel (${kind})`, function () {
    this.timeout(180_000);
    const engine = useEngine(kind);
    afterEach(() => engine().removeAll());

    /** What is told of kills while `work` is done and until all of it has been told. */
    async function killsDuring(
      work: (untilTold: (isSo: (kills: readonly OomKill[]) => boolean) => Promise<void>) => Promise<void>,
    ): Promise<readonly OomKill[]> {
      const facts: Fact[] = [];
      const deafen = onFact((fact) => facts.push(fact));
      const stopping = new AbortController();
      const told = collecting<OomKill | Gap>();
      const events = dockerEvents({ engine: dockerEngine({ address: engine().dockerHost }) });
      const run = runPipeline(pipeline('oom', from(events, kernelOom()), oomKills(), told.sink), {
        stop: stopping.signal,
      });
      await becomes(() => facts.filter(({ type }) => type === 'connected').length === 2);
      await work((isSo) => told.until((records) => isSo(records.filter(isKill))));
      stopping.abort();
      const { outcome } = await run.done;
      deafen();
      expect(outcome).to.equal('stopped');
      return told.records.filter(isKill);
    }

    it('counts sixty children killed in a living container as sixty, with the names the kernel told', async () => {
      let id = '';
      let counted = 0;
      const isOurs = ({ containerId }: OomKill): boolean => containerId === id;
      const kills = await killsDuring(async (untilTold) => {
        const storm = 'i=0; while [ $i -lt 60 ]; do tail /dev/zero; i=$((i+1)); done; sleep 3600';
        id = await engine().docker(
          ...['run', '--detach', '--name', 'storm', ...MEMORY, engine().image, 'sh', '-c', storm],
        );
        await untilTold((told) => told.filter(isOurs).length >= 60);
        counted = kernelCount(id);
        await engine().remove('storm');
      });
      expect(counted).to.equal(60);
      const ours = kills.filter(isOurs);
      // As many as there were; where others on this machine lose processes at that moment, one of theirs may be among them.
      expect(ours.length).to.be.within(60, kills.filter(({ pid }) => pid !== undefined).length);
      expect(new Set(ours.map(({ name }) => name))).to.deep.equal(new Set(['storm']));
      const reported = ours.filter(({ cgroup }) => cgroup !== undefined);
      expect(reported.length).to.be.greaterThan(0);
      for (const { process, constraint, cgroup, pid } of reported) {
        expect([process, constraint]).to.deep.equal(['tail', 'CONSTRAINT_MEMCG']);
        expect(cgroup).to.contain(id);
        expect(pid).to.be.greaterThan(1);
      }
      expect(
        ours.every(({ process, evidence }) => process !== undefined && evidence.includes('kernel')),
      ).to.equal(true);
    });

    it('counts main processes once each, however Docker tells of them', async () => {
      const names = ['main-1', 'main-2', 'main-3'];
      const isOurs = ({ name = '' }: OomKill): boolean => names.includes(name);
      const kills = await killsDuring(async (untilTold) => {
        for (const name of names) {
          const command = [engine().image, 'tail', '/dev/zero'];
          await engine().docker('run', '--detach', '--name', name, ...MEMORY, ...command);
        }
        await untilTold((told) => told.filter(isOurs).length >= names.length);
      });
      const ours = kills.filter(isOurs);
      expect(ours.map(({ name }) => name).sort()).to.deep.equal(names);
      for (const { image, process, evidence } of ours) {
        expect(image).to.match(/bb:1$/);
        expect(process).to.equal('tail');
        expect(evidence).to.include('kernel');
      }
    });
  });

const isKill = (record: OomKill | Gap): record is OomKill => record.kind === 'oom-kill';

/** How many the kernel counts in a container, with cgroup v1 or v2. */
function kernelCount(id: string): number {
  const process = readdirSync('/proc').find((name) => /^\d+$/.test(name) && cgroupsOf(name).includes(id))!;
  const paths = cgroupsOf(process)
    .split('\n')
    .flatMap((line) => {
      const [, controllers, path] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
      if (controllers === '') return [`/sys/fs/cgroup${path}/memory.events`];
      return controllers === 'memory' ? [`/sys/fs/cgroup/memory${path}/memory.oom_control`] : [];
    });
  const text = paths
    .filter((path) => existsSync(path))
    .map((path) => readFileSync(path, 'utf8'))
    .join('\n');
  return Number(/^oom_kill (\d+)$/m.exec(text)?.[1]);
}

function cgroupsOf(process: string): string {
  try {
    return readFileSync(`/proc/${process}/cgroup`, 'utf8');
  } catch {
    return '';
  }
}
