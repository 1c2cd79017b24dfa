import { join } from 'node:path';
import { expect } from 'chai';
import { ROOT, useFolder, type Started } from '../cli/program.ts';
import { useCadvisor } from '../harness/cadvisor.ts';
import { engineKinds } from '../harness/kinds.ts';
import { useEngine } from '../harness/use-engine.ts';
import { ask } from '../http/asking.ts';
import { becomes } from '../sources/hear.ts';

const NAME = 'cadvisor_container_events_total';

// One engine is enough: what differs from one to the next is tested with cgroupEvents and cadvisorEvents.
for (const kind of engineKinds().filter((each) => each === 'docker-20.10'))
  describe(`pipelines/cadvisor-events-exporter.ts beside a real engine and cAdvisor (${kind})`, function () {
    this.timeout(180_000);
    const engine = useEngine(kind);
    const running = useCadvisor(engine);
    const folder = useFolder();
    afterEach(() => engine().removeAll());

    interface Exporter {
      readonly program: Started;
      /** The series whose labels have these texts, by their labels. */
      readonly series: (path: string, ...texts: string[]) => Promise<ReadonlyMap<string, number>>;
    }
    const start = async (targets: string): Promise<Exporter> => {
      let stderr = '';
      const args = ['run', '--listen', '127.0.0.1:0', '--state', 'state'];
      const file = join(ROOT, 'pipelines/cadvisor-events-exporter.ts');
      const program = folder.start([...args, file], { CADVISOR_TARGETS: targets });
      program.child.stderr!.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
      await program.says(/serving http/);
      const url = /serving (http:\/\/[\d.:]+)/.exec(stderr)![1]!;
      const series: Exporter['series'] = async (path, ...texts) => {
        const { body } = await ask(`${url}${path}`);
        return new Map(
          [...body.matchAll(new RegExp(`^${NAME}\\{(.*)\\} (\\d+)$`, 'gm'))]
            .filter(([line]) => texts.every((text) => line.includes(text)))
            .map(([, labels, value]) => [labels!, Number(value)]),
        );
      };
      return { program, series };
    };
    const sum = (series: ReadonlyMap<string, number>): number =>
      [...series.values()].reduce((all, value) => all + value, 0);

    it('counts a container and its kills, at both, and only up over restarts of either', async () => {
      const cadvisor = running();
      const target = cadvisor.address.replace('http://', '');
      const first = await start(target);
      await becomes(async () => (await first.series(`/proxy/${target}`)).size > 0);

      const script = 'for i in 1 2 3; do tail /dev/zero; done; sleep 1000';
      const id = await engine().docker(
        'run',
        '--detach',
        '--memory',
        '20m',
        engine().image,
        'sh',
        '-c',
        script,
      );
      const kills = (exporter: Exporter) => exporter.series('/metrics', 'event_type="oomKill"', id);
      await becomes(async () => sum(await kills(first)) >= 3);
      await engine().docker('restart', '--time', '0', id);
      await becomes(async () => sum(await kills(first)) >= 6);
      await engine().remove(id);
      const own = { containerCreation: 2, containerDeletion: 2, oom: 6, oomKill: 6 };
      const counted = async (exporter: Exporter): Promise<object> => {
        const all = await exporter.series('/metrics', id);
        const of = (type: string): number =>
          sum(new Map([...all].filter(([labels]) => labels.includes(`event_type="${type}"`))));
        return Object.fromEntries(Object.keys(own).map((type) => [type, of(type)]));
      };
      await becomes(async () => sum(await first.series('/metrics', id, 'containerDeletion')) === 2);
      // This cAdvisor misses a stop and start between two looks at Docker, and files kills under the root.
      await becomes(async () => sum(await first.series(`/proxy/${target}`, id, 'containerDeletion')) > 0);
      await becomes(
        async () => sum(await first.series(`/proxy/${target}`, 'oomKill', 'id="/"', '"tail"')) > 0,
      );
      const local = await first.series('/metrics');
      const proxied = await first.series(`/proxy/${target}`);

      await cadvisor.end();
      expect(await first.series(`/proxy/${target}`)).to.have.property('size', 0);
      await cadvisor.start();
      const never = (after: ReadonlyMap<string, number>, before: ReadonlyMap<string, number>): void => {
        for (const [labels, value] of before) expect(after.get(labels), labels).to.be.at.least(value);
      };
      await becomes(async () => (await first.series(`/proxy/${target}`)).size > 0);
      never(await first.series(`/proxy/${target}`), proxied);

      first.program.child.kill('SIGTERM');
      expect((await first.program.done).code).to.equal(0);
      const second = await start(target);
      await becomes(async () => (await second.series(`/proxy/${target}`)).size > 0);
      never(await second.series(`/proxy/${target}`), proxied);
      never(await second.series('/metrics'), local);
      // What waited to be joined was counted at the end of the first run.
      expect(await counted(second)).to.deep.equal(own);
      // The kernel names the process of ten kills in five seconds, of whatever containers.
      expect([...(await second.series('/metrics', 'oomKill', id)).keys()].join()).to.contain(
        'oom_process="tail"',
      );
      second.program.child.kill('SIGTERM');
      await second.program.done;
      await cadvisor.end();
    });
  });
