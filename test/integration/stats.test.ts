import { expect } from 'chai';
import { pipeline } from '../../src/core/pipeline.ts';
import { runPipeline } from '../../src/core/run.ts';
import type { Source } from '../../src/core/types.ts';
import { dockerEngine } from '../../src/engine/engine.ts';
import type { ContainerStats } from '../../src/records/container-stats.ts';
import { dockerStats, type DockerStatsOptions } from '../../src/sources/docker-stats.ts';
import { sourceContract } from '../contracts/source-contract.ts';
import { linesIn, recordingProxy } from '../engine/recording-proxy.ts';
import { answerJson, scriptedEngine, type ScriptedEngine } from '../engine/scripted-engine.ts';
import { engineKinds } from '../harness/kinds.ts';
import { useEngine } from '../harness/use-engine.ts';
import { collecting } from '../sources/collecting.ts';
import { becomes, hear, type Hearing, stopHearing } from '../sources/hear.ts';

for (const kind of engineKinds())
  describe(`dockerStats of a real engine (${kind})`, function () {
    this.timeout(300_000);
    const engine = useEngine(kind);
    const isPodman = kind.startsWith('podman');
    const source = (
      options: DockerStatsOptions = {},
      address = engine().dockerHost,
    ): Source<ContainerStats> => dockerStats({ engine: dockerEngine({ address, host: 'here' }), ...options });
    afterEach(async () => {
      stopHearing();
      await engine().removeAll();
    });
    const run = (name: string, ...more: string[]): Promise<string> =>
      engine().docker('run', '--detach', '--name', name, ...more);
    const sleeping = (name: string, ...more: string[]): Promise<string> =>
      run(name, ...more, engine().image, 'sleep', '1000');
    const of = ({ records }: Hearing<ContainerStats>, name: string): readonly ContainerStats[] =>
      records.filter(({ container }) => container.name === name);
    // Podman's period is five seconds.
    const [few, several] = isPodman ? [1, 2] : [2, 3];
    const reads = (heard: Hearing<ContainerStats>, name: string, more = 1): Promise<void> => {
      const had = of(heard, name).length;
      return heard.until(() => of(heard, name).length >= had + more);
    };

    for (const mode of ['stream', 'poll'] as const)
      it(`gives what the engine answered, as it answered it (${mode})`, async () => {
        const proxy = await recordingProxy(engine().socketPath);
        const ids = await Promise.all([sleeping('one'), sleeping('two', '--memory', '64m')]);
        const heard = hear(source({ mode, everyMs: 1000 }, proxy.address));
        await heard.until(() => of(heard, 'one').length >= several && of(heard, 'two').length >= several);
        heard.stop();
        const answers = proxy.exchanges
          .filter(({ path }) => path.endsWith('/stats'))
          .flatMap((exchange) => linesIn(exchange).map((line) => ({ path: exchange.path, line })));
        for (const record of heard.records) {
          const { id, name } = record.container;
          expect(ids).to.include(id);
          const answer = answers.find(
            ({ path, line }) => path.includes(id) && line.includes(`"read":"${record.time}"`),
          );
          const body = JSON.parse(answer!.line) as Record<string, unknown>;
          for (const part of ['cpu_stats', 'memory_stats', 'networks', 'pids_stats', 'blkio_stats'] as const)
            expect(record.stats[part] ?? null).to.deep.equal(body[part] ?? null);
          expect(record).to.include({ host: 'here', engine: isPodman ? 'podman' : 'docker' });
          expect(record.container.image).to.contain('bb:1');
          if (name === 'two') expect(record.stats.memory_stats.limit).to.equal(64 * 1024 * 1024);
        }
        await proxy.close();
      });

    it('follows containers that start, stop, restart, are renamed, paused, killed and removed', async () => {
      const heard = hear(source());
      await run('busy', engine().image, 'sh', '-c', 'while :; do :; done');
      await sleeping('stays');
      await reads(heard, 'busy', 2);
      await reads(heard, 'stays');
      await engine().docker('rename', 'busy', 'renamed');
      await reads(heard, 'renamed');
      await engine().docker('pause', 'renamed');
      // A start makes us list again.
      await sleeping('starts');
      await reads(heard, 'starts');
      await reads(heard, 'renamed', few);
      await engine().docker('unpause', 'renamed');
      await engine().docker('restart', '--time', '0', 'renamed');
      await reads(heard, 'renamed', few);
      await engine().docker('kill', 'renamed');
      const killedAt = new Date().toISOString();
      await reads(heard, 'stays', few);
      const after = of(heard, 'renamed').filter(({ time }) => new Date(time).toISOString() > killedAt);
      expect(after).to.deep.equal([]);
      await engine().docker('start', 'renamed');
      await reads(heard, 'renamed');
      await engine().remove('renamed');
      await reads(heard, 'stays', few);
      const totals = of(heard, 'renamed').map(({ stats }) => stats.cpu_stats.cpu_usage.total_usage);
      expect(totals.filter((total, i) => i > 0 && total < totals[i - 1]!).length).to.be.within(1, 2);
      expect(heard.facts.slice(1)).to.deep.equal([]);
    });

    it('makes no reading of containers that do not run, and none that is empty', async () => {
      const heard = hear(source());
      await engine().docker('create', '--name', 'created', engine().image);
      await Promise.all([1, 2, 3, 4].map((i) => run(`quick-${i}`, engine().image, 'true')));
      await run('greedy', '--memory', '20m', engine().image, 'tail', '/dev/zero');
      await engine().api('POST', '/containers/greedy/wait');
      await sleeping('web');
      await reads(heard, 'web', several);
      expect(of(heard, 'created')).to.deep.equal([]);
      for (const { stats } of heard.records) {
        expect(stats.read).to.match(/^20\d\d-/);
        expect(stats.memory_stats.usage).to.be.a('number');
      }
    });

    it('reads only what is meant', async () => {
      await Promise.all([
        sleeping('web-1', '--label', 'tier=front'),
        sleeping('web-2', '--label', 'tier=back'),
        sleeping('db', '--label', 'tier=front'),
      ]);
      const include = { names: ['web-*'] };
      const heard = hear(source({ include, exclude: { labels: ['tier=back'] }, labels: ['tier'] }));
      await reads(heard, 'web-1', 2);
      expect(new Set(heard.records.map(({ container }) => container.name))).to.deep.equal(new Set(['web-1']));
      expect(heard.records[0]!.container.labels).to.deep.equal({ tier: 'front' });
    });

    it('goes on through a SIGKILL and a restart of the engine', async () => {
      await sleeping('web', '--restart', 'always', '--stop-timeout', '1');
      const stop = new AbortController();
      const sink = collecting<ContainerStats>();
      const { done } = runPipeline(pipeline('stats', source(), sink.sink), {
        stop: stop.signal,
        backoff: { firstMs: 50, maxMs: 500 },
      });
      const goesOn = async (name: string): Promise<void> => {
        const had = sink.records.length;
        await sink.until((records) => records.slice(had).some(({ container }) => container.name === name));
      };
      await goesOn('web');
      await engine().kill();
      await engine().restart();
      await sleeping('later');
      await goesOn('later');
      await goesOn('web');
      stop.abort();
      expect((await done).outcome).to.equal('stopped');
    });

    it('loses no container when the engine stands still for five seconds', async () => {
      await sleeping('web');
      const heard = hear(source());
      await reads(heard, 'web');
      await engine().freeze();
      await new Promise((resolve) => setTimeout(resolve, 5000));
      engine().thaw();
      await sleeping('later');
      await reads(heard, 'later');
      await reads(heard, 'web');
      expect(heard.error).to.equal(undefined);
    });
  });

for (const kind of engineKinds().filter((each) => each === 'docker-20.10'))
  describe(`with a real engine (${kind})`, function () {
    this.timeout(180_000);
    const engine = useEngine(kind);
    let forbidding: ScriptedEngine;
    sourceContract(
      'dockerStats',
      async () => {
        forbidding = await scriptedEngine({ answers: { '*': answerJson({ message: 'forbidden' }, 403) } });
        const patience = ['--stop-timeout', '1', '--restart', 'always'];
        await engine().docker('run', '--detach', ...patience, engine().image, 'sleep', '1000');
        const make = (address: string): Source<ContainerStats> =>
          dockerStats({ engine: dockerEngine({ address }) });
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
          happen: () => Promise.resolve(),
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
