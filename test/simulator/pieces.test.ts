import { expect } from 'chai';
import { createAgenda } from '../../src/simulator/agenda.ts';
import { createClock, rfc3339, rfc3339Fixed } from '../../src/simulator/clock.ts';
import { humanDuration } from '../../src/simulator/list.ts';
import { activity, advance, emptyCounters, usageOf } from '../../src/simulator/load.ts';
import { restartDelayMs, shouldRestart } from '../../src/simulator/restart-policy.ts';
import { parseQueryTime } from '../../src/simulator/time-query.ts';
import type { Container } from '../../src/simulator/types.ts';
import { createWorld, defaultSpec } from '../../src/simulator/world.ts';

const second = 1_000_000_000n;

describe('times of the simulated engine', () => {
  it('are read from queries with all their digits', () => {
    const read = (text: string | null): unknown => {
      const time = parseQueryTime(text);
      return time.kind === 'nano' ? time.nano : time.kind;
    };
    expect(read(null)).to.equal('none');
    expect(read('')).to.equal('none');
    expect(read('-1'), 'what the engine itself uses for none').to.equal('none');
    expect(read('0')).to.equal(0n);
    expect(read('1795304557.684724733')).to.equal(1795304557684724733n);
    expect(read('1795304557.5')).to.equal(1795304557500000000n);
    expect(read('1795304557.6847247339')).to.equal(1795304557684724733n);
    expect(read('-2.5')).to.equal(-2500000000n);
    expect(read('10m')).to.equal('bad');
  });

  it('are written as Go writes them', () => {
    const nano = 1795304557684724700n;
    expect(rfc3339(nano)).to.equal('2026-11-21T23:42:37.6847247Z');
    expect(rfc3339Fixed(nano)).to.equal('2026-11-21T23:42:37.684724700Z');
    expect(rfc3339(1795304557n * second)).to.equal('2026-11-21T23:42:37Z');
    expect(rfc3339(0n)).to.equal('0001-01-01T00:00:00Z');
  });

  it('of events never repeat or go back', () => {
    const clock = createClock();
    const times = Array.from({ length: 1000 }, (_, i) => clock.next(i % 3 === 0 ? 5 : 1));
    expect(times.every((time, i) => i === 0 || time - times[i - 1]! >= (i % 3 === 1 ? 5n : 1n))).to.equal(
      true,
    );
  });

  it('are put in words as the engine does', () => {
    const cases: readonly (readonly [number, string])[] = [
      [0.4, 'Less than a second'],
      [1.9, '1 second'],
      [59, '59 seconds'],
      [60, 'About a minute'],
      [121, '2 minutes'],
      [3600, 'About an hour'],
      [7200, '2 hours'],
      [3 * 86_400, '3 days'],
      [30 * 86_400, '4 weeks'],
    ];
    expect(cases.map(([seconds]) => humanDuration(seconds))).to.deep.equal(cases.map(([, words]) => words));
  });
});

describe('load of the simulated engine', () => {
  const running = (spec: Partial<typeof defaultSpec>): Container => {
    const clock = createClock();
    const container = createWorld(3, clock).add({ ...defaultSpec, ...spec });
    Object.assign(container, { state: 'running', startedNano: second, counters: emptyCounters(second, 1) });
    return container;
  };

  it('depends on the seed and the uptime alone, and stays in its bounds', () => {
    for (let s = 0; s < 2000; s++) {
      const value = activity(42, s * 1.3);
      expect(value).to.be.within(0.1, 1.9);
      expect(value).to.equal(activity(42, s * 1.3));
    }
    expect(activity(42, 7)).to.not.equal(activity(43, 7));
  });

  it('keeps to the limit of CPUs and counts what was held back', () => {
    const container = running({ cpus: 0.5, load: { ...defaultSpec.load, cpu: 3 } });
    for (let t = 2n; t <= 61n; t++) advance(container, t * second);
    const used = container.counters.perCpuNs.reduce((sum, ns) => sum + ns);
    expect(used).to.be.closeTo(30e9, 1);
    expect(container.counters.throttledNs).to.be.greaterThan(60e9);
    expect(container.counters.throttledPeriods).to.be.closeTo(600, 1e-6);
  });

  it('keeps to the limit of memory, of which pressure takes the page cache first', () => {
    const limit = 64 * 1024 ** 2;
    const load = { ...defaultSpec.load, cacheBytes: limit, readBytesPerSecond: limit };
    const container = running({ memoryLimitBytes: limit, load });
    for (let t = 2n; t <= 30n; t++) advance(container, t * second);
    const { anon, file } = container.counters;
    container.pressureBytes = limit;
    advance(container, 31n * second);
    expect(usageOf(container.counters)).to.be.within(limit - 8192, limit);
    expect(container.counters.anon).to.be.greaterThan(anon);
    expect(container.counters.file).to.be.lessThan(file);
    expect(container.counters.maxUsage).to.be.at.most(limit);
  });

  it('is nothing while paused', () => {
    const container = running({});
    advance(container, 3n * second);
    container.state = 'paused';
    const before = JSON.stringify(container.counters.perCpuNs);
    advance(container, 9n * second);
    expect(JSON.stringify(container.counters.perCpuNs)).to.equal(before);
    container.state = 'running';
    advance(container, 10n * second);
    const used = container.counters.perCpuNs.reduce((sum, ns) => sum + ns);
    expect(used, 'two seconds and one, not nine').to.be.lessThan(3 * 1.9 * defaultSpec.load.cpu * 1e9);
  });
});

describe('restart policies of the simulated engine', () => {
  const after = (
    name: 'no' | 'always' | 'unless-stopped' | 'on-failure',
    maximumRetryCount: number,
    restartCount: number,
  ): Container => ({
    ...createWorld(1, createClock()).add({ ...defaultSpec, restartPolicy: { name, maximumRetryCount } }),
    restartCount,
  });

  it('decide by exit code and number of lives', () => {
    expect(shouldRestart(after('no', 0, 0), 1)).to.equal(false);
    expect(shouldRestart(after('always', 0, 99), 0)).to.equal(true);
    expect(shouldRestart(after('unless-stopped', 0, 99), 0)).to.equal(true);
    expect(shouldRestart(after('on-failure', 2, 1), 1)).to.equal(true);
    expect(shouldRestart(after('on-failure', 2, 2), 1)).to.equal(false);
    expect(shouldRestart(after('on-failure', 0, 50), 1)).to.equal(true);
    expect(shouldRestart(after('on-failure', 0, 0), 0)).to.equal(false);
  });

  it('wait longer from life to life, up to a minute, unless a life was long', () => {
    const delays = [0, 1, 2, 5, 30].map((count) => restartDelayMs(after('always', 0, count)));
    expect(delays).to.deep.equal([100, 200, 400, 3200, 60_000]);
    const long = after('always', 0, 30);
    long.finishedNano = long.startedNano + 11n * second;
    expect(restartDelayMs(long)).to.equal(100);
  });
});

describe('the agenda of the simulated engine', () => {
  it('does things in the order planned, in time relative to each other', async () => {
    const agenda = createAgenda();
    const done: string[] = [];
    await new Promise<void>((resolve) => {
      const note = (what: string) => (): void => {
        done.push(what);
      };
      // planned by a task, so that all count from the same moment
      agenda.after(0, () => {
        agenda.after(30, note('third'));
        agenda.after(10, () => {
          done.push('first');
          // 10 + 15, whenever the timer came
          agenda.after(15, note('second'));
        });
        agenda.after(30, note('fourth'));
        agenda.after(40, resolve);
      });
    });
    agenda.close();
    expect(done).to.deep.equal(['first', 'second', 'third', 'fourth']);
  });

  it('does nothing while paused, and then what was due', async () => {
    const agenda = createAgenda();
    let done = false;
    agenda.after(5, () => {
      done = true;
    });
    agenda.pause();
    await new Promise((resolve) => setTimeout(resolve, 40));
    expect(done).to.equal(false);
    agenda.resume();
    await new Promise<void>((resolve) => agenda.after(10, resolve));
    expect(done).to.equal(true);
    agenda.close();
  });

  it('forgets its plans when closed', async () => {
    const agenda = createAgenda();
    let done = false;
    agenda.after(5, () => {
      done = true;
    });
    agenda.close();
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(done).to.equal(false);
  });
});
