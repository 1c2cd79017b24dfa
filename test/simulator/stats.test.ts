import { expect } from 'chai';
import { onlineCpus } from '../../src/simulator/load.ts';
import { ask, dockerOf, linesOf, openStream, simulators } from './support.ts';

interface Cpu {
  readonly cpu_usage: {
    total_usage: number;
    percpu_usage?: number[];
    usage_in_kernelmode: number;
    usage_in_usermode: number;
  };
  readonly system_cpu_usage?: number;
  readonly online_cpus?: number;
  readonly throttling_data: { periods: number; throttled_periods: number; throttled_time: number };
}
interface Sample {
  readonly read: string;
  readonly preread: string;
  readonly name?: string;
  readonly cpu_stats: Cpu;
  readonly precpu_stats: Cpu;
  readonly memory_stats: { usage?: number; limit?: number; stats?: Record<string, number> };
  readonly networks?: Record<string, Record<string, number>>;
  readonly pids_stats: { current?: number };
}

const yearOne = '0001-01-01T00:00:00Z';
const parse = (lines: readonly string[]): Sample[] => lines.map((line) => JSON.parse(line) as Sample);
const isZero = ({ read }: Sample): boolean => read === yearOne;
const millis = (time: string): number => Date.parse(time);

describe('the simulated engine streams stats', () => {
  const start = simulators();

  it('to dockerode, each line knowing the one before', async () => {
    const simulator = await start({ containers: 1 });
    const lines = linesOf(await dockerOf(simulator).getContainer('shop-db-1').stats({ stream: true }));
    const samples = parse(await lines.until(4));
    expect(samples[0]!.preread).to.equal(yearOne);
    expect(samples[0]!.precpu_stats).to.not.have.property('system_cpu_usage');
    samples.slice(1).forEach((sample, i) => {
      expect(sample.preread).to.equal(samples[i]!.read);
      expect(sample.precpu_stats).to.deep.equal(samples[i]!.cpu_stats);
      expect(sample.name).to.equal('/shop-db-1');
    });
  });

  for (const cgroup of ['v1', 'v2'] as const) {
    it(`whose numbers belong together and only grow (${cgroup})`, async () => {
      const simulator = await start({ containers: 7, cgroup });
      const { lines } = await openStream(simulator, '/containers/shop-worker-1/stats');
      const samples = parse(await lines.until(6));
      samples.forEach(({ cpu_stats: { cpu_usage, online_cpus }, memory_stats: { usage, limit, stats } }) => {
        const { total_usage, percpu_usage, usage_in_kernelmode, usage_in_usermode } = cpu_usage;
        expect(online_cpus).to.equal(onlineCpus);
        expect(usage).to.be.at.most(limit!);
        if (cgroup === 'v1') {
          expect(percpu_usage!.reduce((sum, ns) => sum + ns)).to.equal(total_usage);
          expect(stats!['total_rss']).to.equal(stats!['rss']);
          expect(stats!['active_file']! + stats!['inactive_file']!).to.equal(stats!['cache']);
          expect(stats!['rss']! + stats!['cache']!).to.be.at.most(usage!);
        } else {
          expect(usage_in_kernelmode + usage_in_usermode).to.equal(total_usage);
          expect(total_usage % 1000).to.equal(0);
          expect(stats!['active_file']! + stats!['inactive_file']!).to.equal(stats!['file']);
          expect(stats!['anon']! + stats!['file']! + stats!['kernel_stack']! + stats!['slab']!).to.equal(
            usage,
          );
        }
      });
      samples.slice(1).forEach((sample, i) => {
        const before = samples[i]!;
        const seconds = (millis(sample.read) - millis(before.read)) / 1000;
        const system = sample.cpu_stats.system_cpu_usage! - before.cpu_stats.system_cpu_usage!;
        // milliseconds are cut off, and the host counts in ticks of 10 ms
        expect(system).to.be.closeTo(seconds * onlineCpus * 1e9, 12e6 * onlineCpus);
        const used = sample.cpu_stats.cpu_usage.total_usage - before.cpu_stats.cpu_usage.total_usage;
        // limited to half a core
        expect(used).to.be.within(0, (seconds + 0.002) * 0.5e9);
        expect(sample.networks!['eth0']!['rx_bytes']).to.be.at.least(before.networks!['eth0']!['rx_bytes']!);
      });
      const { periods, throttled_periods } = samples.at(-1)!.cpu_stats.throttling_data;
      expect(throttled_periods).to.be.at.most(periods);
    });
  }

  it('at one tick for all streams', async () => {
    const simulator = await start({ containers: 2 });
    const [a, b] = await Promise.all(
      ['shop-db-1', 'shop-cache-1'].map((name) => openStream(simulator, `/containers/${name}/stats`)),
    );
    await a!.lines.until(3);
    const { lines: late } = await openStream(simulator, '/containers/shop-db-1/stats');
    const reads = parse((await late.until(2)).slice(0, 2)).map(({ read }) => read);
    // the same collection for everybody: a late stream has no reading that an early one lacks
    const { lines: early } = a!;
    await early.untilSuch((line) => line.includes(`"read":"${reads[1]!}"`), 1);
    expect(parse(early.all).map(({ read }) => read)).to.include.members(reads);
    await b!.lines.until(3);
  });

  it('standing still while paused', async () => {
    const simulator = await start({ containers: 1 });
    const { lines } = await openStream(simulator, '/containers/shop-db-1/stats');
    await lines.until(2);
    simulator.pause('shop-db-1');
    const pausedAt = Date.now();
    const later = (line: string): boolean => millis((JSON.parse(line) as Sample).read) > pausedAt + 1;
    const [first, ...others] = parse(await lines.untilSuch(later, 4));
    for (const sample of others) {
      expect(sample.read).to.not.equal(first!.read);
      expect(sample.cpu_stats.cpu_usage).to.deep.equal(first!.cpu_stats.cpu_usage);
      expect(sample.memory_stats).to.deep.equal(first!.memory_stats);
      expect(sample.pids_stats.current).to.be.greaterThan(0);
    }
    simulator.unpause('shop-db-1');
    const total = first!.cpu_stats.cpu_usage.total_usage;
    const moves = (line: string): boolean =>
      (JSON.parse(line) as Sample).cpu_stats.cpu_usage.total_usage > total;
    await lines.untilSuch(moves, 1);
  });

  it('with zeros after an exit, real again after a start, and a clean end on removal', async () => {
    const simulator = await start({ containers: 1 });
    const { lines } = await openStream(simulator, '/containers/shop-db-1/stats');
    await lines.until(2);
    simulator.stop('shop-db-1');
    const zero = (line: string): boolean => isZero(JSON.parse(line) as Sample);
    const stopped = parse(await lines.untilSuch(zero, 3));
    const lastReal = parse(lines.all.filter((line) => !zero(line)).slice(-1))[0]!;
    expect(stopped[0]!.preread).to.equal(lastReal.read);
    expect(stopped[0]!.precpu_stats).to.deep.equal(lastReal.cpu_stats);
    expect(stopped[1]!.preread).to.equal(yearOne);
    expect(stopped[0]).to.not.have.property('networks');
    simulator.start('shop-db-1');
    const again = (line: string): boolean => !zero(line) && (JSON.parse(line) as Sample).read > lastReal.read;
    const [real] = parse(await lines.untilSuch(again, 1));
    expect(real!.preread).to.equal(yearOne);
    simulator.remove('shop-db-1');
    expect(await lines.over).to.equal('clean');
    expect(simulator.connections).to.equal(0);
  });

  it('whose counters drop on a restart inside one period', async () => {
    const simulator = await start({ containers: 1, statsEveryMs: 60_000 });
    const total = async (): Promise<number> => {
      const { body } = await ask(simulator, '/containers/shop-db-1/stats?stream=false&one-shot=1');
      return (JSON.parse(body) as Sample).cpu_stats.cpu_usage.total_usage;
    };
    // Where the answer after takes longer than the whole life before, the counter may have grown beyond it again.
    let [before, after] = [0, 0];
    while (after >= before) {
      before = await total();
      simulator.restartContainer('shop-db-1');
      after = await total();
    }
  });

  it('of a created container: zeros at every tick', async () => {
    const simulator = await start();
    simulator.createContainer({ name: 'new' });
    const { lines } = await openStream(simulator, '/containers/new/stats');
    expect(parse(await lines.until(2)).map(isZero)).to.deep.equal([true, true]);
  });
});

describe('the simulated engine answers single stats', () => {
  const start = simulators();

  it('stream=false with a difference of two collections', async () => {
    const simulator = await start({ containers: 1 });
    const sample = (await dockerOf(simulator)
      .getContainer('shop-db-1')
      .stats({ stream: false })) as unknown as Sample;
    expect(sample.preread).to.not.equal(yearOne);
    expect(sample.cpu_stats.system_cpu_usage).to.be.greaterThan(sample.precpu_stats.system_cpu_usage!);
  });

  it('one-shot without the difference: at once from API 1.44 on, at the next tick before', async () => {
    // a tick that never comes again after the first
    const never = 2 ** 31 - 1;
    const path = '/containers/shop-db-1/stats?stream=false&one-shot=true';
    const newer = await start({ containers: 1, apiVersion: '1.44', statsEveryMs: never });
    const { lines: held } = await openStream(newer, '/containers/shop-db-1/stats');
    await held.until(1);
    expect((JSON.parse((await ask(newer, path)).body) as Sample).preread).to.equal(yearOne);

    const older = await start({ containers: 2, apiVersion: '1.43', statsEveryMs: never });
    const { lines } = await openStream(older, '/containers/shop-cache-1/stats');
    await lines.until(1);
    let answered = false;
    const waiting = ask(older, path).then(
      () => (answered = true),
      () => undefined,
    );
    await ask(older, '/_ping');
    expect(answered).to.equal(false);
    await older.close();
    await waiting;
    expect(answered).to.equal(false);
  });
});
