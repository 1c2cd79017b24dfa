import { expect } from 'chai';
import { engineKinds } from '../harness/kinds.ts';
import { useEngine } from '../harness/use-engine.ts';
import { becomes } from '../sources/hear.ts';
import { scrape, serveContainers, type Sample, type Serving } from './scraping.ts';

for (const kind of engineKinds())
  describe(`container metrics of a real engine (${kind})`, function () {
    this.timeout(300_000);
    const engine = useEngine(kind);
    const isPodman = kind.startsWith('podman');
    let serving: Serving;
    before(async () => (serving = await serveContainers(engine().dockerHost)));
    after(() => serving.stop());
    const samplesOf = async (name: string): Promise<ReadonlyMap<string, Sample>> => {
      const { series } = await scrape(serving.url);
      const own = [...series.values()].filter(({ labels }) => labels['name'] === name);
      return new Map(own.map((sample) => [sample.name, sample]));
    };
    const shows = (name: string, isSo: (samples: ReadonlyMap<string, Sample>) => boolean): Promise<void> =>
      becomes(async () => isSo(await samplesOf(name)));

    it('show a container while it runs, and what is left of it when it has ended', async () => {
      const id = await engine().docker(
        ...[
          'run',
          '--detach',
          '--name',
          'web',
          '--memory',
          '64m',
          '--label',
          'com.docker.compose.service=web',
        ],
        ...[engine().image, 'sh', '-c', 'while :; do :; done'],
      );
      await shows('web', (samples) => samples.has('container_memory_usage_bytes'));
      const samples = await samplesOf('web');
      const value = (name: string): number => samples.get(name)!.value;
      expect(value('container_cpu_usage_seconds_total')).to.be.above(0);
      expect(value('container_memory_usage_bytes')).to.be.within(1, 64 * 1024 * 1024);
      expect(value('container_memory_working_set_bytes')).to.be.within(1, 64 * 1024 * 1024);
      expect(value('container_spec_memory_limit_bytes')).to.equal(64 * 1024 * 1024);
      expect(value('container_last_seen')).to.be.at.least(Math.floor(value('container_start_time_seconds')));
      expect(value('container_threads')).to.be.at.least(1);
      expect(samples.get('container_last_seen')!.labels).to.include({
        container_label_com_docker_compose_service: 'web',
      });
      expect(samples.get('container_last_seen')!.labels['id']).to.contain(id);
      expect(samples.get('container_last_seen')!.labels['image']).to.contain('bb:1');

      await engine().docker('kill', 'web');
      await shows('web', (left) => !left.has('container_memory_usage_bytes'));
      expect([...(await samplesOf('web')).keys()].sort()).to.deep.equal([
        'container_last_seen',
        'container_oom_events_total',
        'container_start_time_seconds',
      ]);
      await engine().docker('start', 'web');
      await shows('web', (again) => again.has('container_memory_usage_bytes'));
    });

    // Podman tells of no such event.
    if (!isPodman)
      it('count the kill that ends a container, also when another takes its name', async () => {
        const greedy = [
          'run',
          '--detach',
          '--name',
          'greedy',
          '--memory',
          '20m',
          engine().image,
          'tail',
          '/dev/zero',
        ];
        for (const kills of [1, 2]) {
          await engine().remove('greedy');
          await engine().docker(...greedy);
          await shows('greedy', (samples) => samples.get('container_oom_events_total')?.value === kills);
        }
      });
  });
