import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import type { ContainerStats } from '../../src/records/container-stats.ts';
import { useCadvisor } from '../harness/cadvisor.ts';
import { cgroupParentOf } from '../harness/cleanup.ts';
import { engineKinds } from '../harness/kinds.ts';
import { useEngine } from '../harness/use-engine.ts';
import { becomes } from '../sources/hear.ts';
import { scrape, serveContainers, type Sample, type Scrape, type Serving } from './scraping.ts';

/** What research names of cAdvisor's metrics and its 0.38.7 prints on cgroup v1. */
const SAME = [
  ...['usage', 'user', 'system'].map((what) => `container_cpu_${what}_seconds_total`),
  ...['periods', 'throttled_periods', 'throttled_seconds'].map((what) => `container_cpu_cfs_${what}_total`),
  ...['usage_bytes', 'max_usage_bytes', 'failcnt', 'working_set_bytes', 'rss', 'cache'].map(
    (what) => `container_memory_${what}`,
  ),
  'container_memory_mapped_file',
  'container_memory_failures_total',
  ...['receive', 'transmit'].flatMap((direction) =>
    ['bytes', 'packets', 'packets_dropped', 'errors'].map(
      (what) => `container_network_${direction}_${what}_total`,
    ),
  ),
  ...['cpu_period', 'cpu_quota', 'cpu_shares', 'memory_limit_bytes'].map((what) => `container_spec_${what}`),
  ...['memory_reservation_limit_bytes', 'memory_swap_limit_bytes'].map((what) => `container_spec_${what}`),
  'container_start_time_seconds',
  'container_last_seen',
];
const DISK = ['container_fs_reads_bytes_total', 'container_fs_writes_bytes_total'];
/** A gauge for the rules of names, which cAdvisor does not keep. */
const OTHER_TYPE = new Set(['container_memory_failcnt']);

for (const kind of engineKinds().filter((each) => each === 'docker-20.10'))
  describe(`container metrics beside a real cAdvisor (${kind})`, function () {
    this.timeout(300_000);
    const engine = useEngine(kind);
    const cadvisor = useCadvisor(engine);
    let serving: Serving;
    /** What was printed behind each reading, and when that was taken, by container. */
    const printed = new Map<string, { readonly timeMs: number; readonly scrape: Promise<Scrape> }[]>();

    before(async () => {
      const parent = ['--cgroup-parent', cgroupParentOf(engine().dir)];
      const label = ['--label', 'com.docker.compose.project=shop'];
      const run = (name: string, options: readonly string[], ...command: string[]): Promise<string> =>
        engine().docker('run', '--detach', '--name', name, ...parent, ...options, engine().image, ...command);
      await run('idle', label, 'sleep', '1000');
      await run('server', [], 'sh', '-c', 'sleep 1000 | nc -l -p 9 > /dev/null');
      const server = await engine().docker('inspect', '--format', '{{.NetworkSettings.IPAddress}}', 'server');
      // Steady memory of each kind, files in the layer; CPU time and packets without end.
      const load = [
        'head -c 20000000 /dev/zero > /file; sync; head -c 12000000 /dev/zero > /dev/shm/held',
        '(head -c 12000000 /dev/zero; sleep 1000) | tail -c 12000000 > /dev/null & sleep 1',
        `touch /ready; cat /dev/zero | nc ${server} 9`,
      ];
      // Without a limit, never reached, some kernels do not count what goes through a device.
      const device = execFileSync('findmnt', ['-no', 'SOURCE', '-T', engine().dir], {
        encoding: 'utf8',
      }).trim();
      const counted = [`--device-read-bps=${device}:1gb`, `--device-write-bps=${device}:1gb`];
      const io =
        'head -c 5000000 /dev/zero > /file; sync; dd if=/file of=/dev/null iflag=direct bs=1M count=4';
      await run('disk', counted, 'sh', '-c', `${io}; sleep 1000`);
      const limits = [
        '--memory',
        '64m',
        '--memory-reservation',
        '32m',
        '--cpus',
        '0.5',
        '--cpu-shares',
        '512',
      ];
      await run('loaded', limits, 'sh', '-c', load.join('; '));
      await becomes(() =>
        engine()
          .docker('exec', 'loaded', 'ls', '/ready')
          .then(
            () => true,
            () => false,
          ),
      );
      // It measures layers when it first sees them, and then seldom.
      await cadvisor().end();
      await cadvisor().start();
      serving = await serveContainers(engine().dockerHost, {
        onRecord: (record) => {
          if (record.kind !== 'container-stats') return;
          const { container, time } = record as ContainerStats;
          const list = printed.get(container.name) ?? [];
          printed.set(container.name, list);
          // The sink takes it in this turn.
          const behind = new Promise<void>((resolve) => setImmediate(resolve));
          list.push({ timeMs: Date.parse(time), scrape: behind.then(() => scrape(serving.url)) });
        },
      });
    });
    // cAdvisor ends with the engine.
    after(() => serving.stop());

    const samplesOf = ({ series }: Scrape, name: string, metric: string): readonly Sample[] =>
      [...series.values()].filter((sample) => sample.name === metric && sample.labels['name'] === name);
    const keyOf = ({ labels }: Sample): string => JSON.stringify(labels);
    const has = (from: Scrape, name: string): boolean =>
      samplesOf(from, name, 'container_memory_usage_bytes').length === 1 &&
      samplesOf(from, name, 'container_last_seen').length === 1;

    /** What cAdvisor prints, when there are readings of ours before and behind all of it. */
    async function theirs(): Promise<Scrape> {
      let found: Scrape;
      await becomes(async () => {
        found = await scrape(`${cadvisor().address}/metrics`);
        return has(found, 'idle') && has(found, 'loaded');
      });
      const readUntil = Math.max(...[...found!.series.values()].map(({ timeMs = 0 }) => timeMs));
      for (const name of ['idle', 'loaded'])
        await becomes(() => (printed.get(name)?.at(-1)?.timeMs ?? 0) > readUntil);
      return found!;
    }

    /** Our value at an instant: between the readings before and behind it. */
    async function oursAt(name: string, sample: Sample): Promise<number | undefined> {
      const list = printed.get(name)!;
      const at = sample.timeMs ?? list.at(-1)!.timeMs;
      const behind = Math.max(
        1,
        list.findIndex(({ timeMs }) => timeMs >= at),
      );
      const [one, two] = [list[behind - 1]!, list[behind]!];
      const [from, to] = await Promise.all(
        [one, two].map(async (each) =>
          samplesOf(await each.scrape, name, sample.name).find((mine) => keyOf(mine) === keyOf(sample)),
        ),
      );
      if (from === undefined || to === undefined) return undefined;
      const share = Math.min(1, Math.max(0, (at - one.timeMs) / (two.timeMs - one.timeMs)));
      return from.value + (to.value - from.value) * share;
    }

    /** What of a container differs by more than it may at one instant. */
    async function differences(name: string): Promise<readonly string[]> {
      const real = await theirs();
      const found: string[] = [];
      for (const metric of SAME) {
        const slack = metric.endsWith('_total') ? 0.02 : 0.05;
        const samples = samplesOf(real, name, metric);
        const values = await Promise.all(samples.map((sample) => oursAt(name, sample)));
        // From one CPU to another it moves in leaps.
        const isByCpu = metric === 'container_cpu_usage_seconds_total';
        const pairs = samples.map(({ value }, i) => [value, values[i] ?? NaN] as const);
        const sums = [0, 1].map((side) => pairs.reduce((sum, pair) => sum + pair[side]!, 0));
        for (const [wanted, mine] of isByCpu ? [sums as unknown as readonly [number, number]] : pairs)
          if (!(Math.abs(mine - wanted) <= Math.max(grainOf(metric), Math.abs(wanted) * slack)))
            found.push(`${metric}: ${mine}, not ${wanted}`);
      }
      return found;
    }

    for (const name of ['idle', 'loaded']) {
      it(`have the same series of a container that is ${name}`, async () => {
        await becomes(() => (printed.get(name)?.length ?? 0) > 5);
        const real = await theirs();
        const ours = await printed.get(name)!.at(-1)!.scrape;
        for (const metric of SAME) {
          const wanted = samplesOf(real, name, metric);
          expect(samplesOf(ours, name, metric).map(keyOf).sort(), metric).to.deep.equal(
            wanted.map(keyOf).sort(),
          );
          if (!OTHER_TYPE.has(metric) && wanted.length > 0)
            expect(ours.types.get(metric), metric).to.equal(real.types.get(metric));
        }
        expect(SAME.filter((metric) => samplesOf(ours, name, metric).length > 0).length).to.be.above(20);
      });

      it(`have the same values of a container that is ${name}, at the same instant`, async () => {
        await becomes(() => (printed.get(name)?.length ?? 0) > 8);
        // On a busy machine either may write down a time and read a little later: then another instant counts.
        let found = await differences(name);
        for (let again = 0; again < 20 && found.length > 0; again += 1) found = await differences(name);
        expect(found).to.deep.equal([]);
      });
    }

    it('measure what a container has written as it does', async () => {
      const wanted = samplesOf(await theirs(), 'loaded', 'container_fs_usage_bytes');
      await becomes(async () => {
        const now = await scrape(serving.url);
        return samplesOf(now, 'loaded', 'container_fs_usage_bytes').length === 1;
      });
      const [mine] = samplesOf(await scrape(serving.url), 'loaded', 'container_fs_usage_bytes');
      // The device it names is a path, which no engine tells.
      expect(Object.keys(mine!.labels)).to.deep.equal(Object.keys(wanted[0]!.labels));
      expect(mine!.value).to.be.closeTo(wanted[0]!.value, wanted[0]!.value * 0.05);
    });

    it('count what goes through a block device as it does, but for the name of the device', async () => {
      await becomes(() => (printed.get('disk')?.length ?? 0) > 5);
      const real = await theirs();
      const ours = await printed.get('disk')!.at(-1)!.scrape;
      const valuesOf = (from: Scrape, metric: string): readonly string[] =>
        samplesOf(from, 'disk', metric)
          .map(({ labels, value }) => `${JSON.stringify({ ...labels, device: '' })} ${value}`)
          .sort();
      for (const metric of DISK) {
        expect(valuesOf(ours, metric), metric).to.deep.equal(valuesOf(real, metric));
        expect(valuesOf(ours, metric), metric).to.not.deep.equal([]);
      }
    });

    it('say the same of the machine', async () => {
      const [real, ours] = await Promise.all([scrape(`${cadvisor().address}/metrics`), scrape(serving.url)]);
      for (const metric of ['machine_cpu_cores', 'machine_memory_bytes']) {
        const valueIn = ({ series }: Scrape): number | undefined =>
          [...series.values()].find(({ name }) => name === metric)?.value;
        expect(valueIn(ours), metric).to.equal(valueIn(real)).and.to.be.above(0);
      }
      const versionsIn = ({ series }: Scrape): Readonly<Record<string, string>> =>
        [...series.values()].find(({ name }) => name === 'cadvisor_version_info')!.labels;
      const { dockerVersion, kernelVersion } = versionsIn(real);
      expect(versionsIn(ours)).to.include({ dockerVersion, kernelVersion });
    });
  });

/** cgroup v1 counts user and system time in hundredths of a second. */
const grainOf = (metric: string): number => (/_cpu_(user|system)_/.test(metric) ? 0.02 : 1e-9);
