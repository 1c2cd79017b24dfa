import { expect } from 'chai';
import fc from 'fast-check';
import type { OperatorFunction } from 'rxjs';
import { PipelineError } from '../../src/core/errors.ts';
import { sessionize } from '../../src/operators/sessionize.ts';
import type { ContainerStats } from '../../src/records/container-stats.ts';
import type { DockerEvent } from '../../src/records/docker-event.ts';
import type { ContainerFacts } from '../../src/records/container-facts.ts';
import type { Session } from '../../src/records/lifecycle.ts';
import { memoryBytes } from '../../src/records/stats-figures.ts';
import { rawReadings, recordOf, recordsOf } from '../captures.ts';
import { operatorContract } from '../contracts/operator-contract.ts';
import { marbles } from '../marbles.ts';
import {
  about,
  afterRestart,
  booksOf,
  containerEvent,
  emittedOf,
  ofKind,
  recordedEvents,
  timeAt,
  factsAt,
} from './lifecycle.ts';

const start = (second: number, id = 'c1'): DockerEvent => containerEvent(second, 'start', { id });
const die = (second: number, code = 0, id = 'c1'): DockerEvent =>
  containerEvent(second, 'die', { id, attributes: { exitCode: String(code) } });

const base = rawReadings('docker/stats-mem-limit.docker-20.10-cgroupv1.ndjson')[0]!;

/** A reading: CPU in seconds, memory in bytes. */
function reading(second: number, cpu: number, memory: number, id = 'c1'): ContainerStats {
  const raw = {
    ...base,
    id,
    name: `/name-of-${id}`,
    read: timeAt(second),
    cpu_stats: { ...base.cpu_stats, cpu_usage: { ...base.cpu_stats.cpu_usage, total_usage: cpu * 1e9 } },
    memory_stats: { usage: memory },
    networks: { eth0: { rx_bytes: cpu * 10, tx_bytes: cpu * 20 } },
    blkio_stats: { io_service_bytes_recursive: null },
  };
  const record = recordOf(raw);
  return { ...record, container: { ...record.container, name: `name-of-${id}`, image: 'busybox' } };
}

const facts = (
  second: number,
  startedAt: number,
  state: ContainerFacts['state'] = 'running',
): ContainerFacts => factsAt(second, { state, startedAt: timeAt(startedAt) });

type In = DockerEvent | ContainerStats | ContainerFacts;

const sessions = (records: readonly In[], maxContainers?: number): readonly Session[] =>
  ofKind(emittedOf(records, sessionize<In>(maxContainers === undefined ? {} : { maxContainers })), 'session');

const passed = { a: start(0), b: reading(1, 1, 1), c: start(2, 'c2') };
operatorContract('sessionize', { make: () => sessionize<In>(), input: passed, output: passed });

const figures = (cpu: number, memory: number, readings: number): Partial<Session> => ({
  readings,
  peakMemoryBytes: memory,
  cpuSeconds: cpu,
  networkRxBytes: cpu * 10,
  networkTxBytes: cpu * 20,
});

describe('sessionize', () => {
  it(
    'tells a life behind its end',
    marbles(({ hot, expectObservable }) => {
      const values = { s: start(0), a: reading(1, 1, 500), b: reading(2, 3, 300), d: die(2.5, 3) };
      expectObservable(hot('-s-a-b-d----|', values).pipe(sessionize())).toBe('-s-a-b-(dS)-|', {
        ...values,
        S: {
          kind: 'session',
          ...about(),
          time: timeAt(2.5),
          startedAt: timeAt(0),
          endedAt: timeAt(2.5),
          durationSeconds: 2.5,
          exitCode: 3,
          ...figures(3, 500, 2),
        },
      });
    }),
  );

  it('tells what is known where the start, or any reading, was not seen', () => {
    const common = { kind: 'session', ...about(), time: timeAt(9), endedAt: timeAt(9), exitCode: 0 };
    expect(sessions([die(9)])).to.deep.equal([{ ...common, readings: 0 }]);
    expect(sessions([reading(8, 4, 10), die(9)])).to.deep.equal([{ ...common, ...figures(4, 10, 1) }]);
    expect(sessions([start(8), die(9)])[0]).to.deep.equal({
      ...common,
      startedAt: timeAt(8),
      durationSeconds: 1,
      readings: 0,
    });
  });

  it("takes the engine's word for the exit and the OOM, and its oom events where it has none", () => {
    const oom = containerEvent(1, 'oom');
    expect(sessions([start(0), oom, die(2, 137)])[0]).to.include({ exitCode: 137, oomKilled: true });
    expect(sessions([start(0), die(2, 137)])[0]).not.to.have.property('oomKilled');
    const verified = { ...die(2, 0), exit: { code: 9, oomKilled: false, verified: true } };
    expect(sessions([start(0), oom, verified])[0]).to.include({ exitCode: 9, oomKilled: false });
    // It may come behind the die; then it is of no life to come.
    expect(sessions([start(0), die(2), oom, start(3), die(4)])[1]).not.to.have.property('oomKilled');
    expect(sessions([start(0), die(2), oom, containerEvent(5, 'destroy')])).to.have.lengthOf(1);
  });

  it('keeps the lives of one container apart', () => {
    const found = sessions([
      start(0),
      reading(1, 5, 900),
      die(2),
      reading(1.5, 6, 999), // late: of the life before
      start(3),
      reading(2, 7, 999), // as late
      reading(4, 1, 100),
      die(5),
    ]);
    expect(found.map(({ peakMemoryBytes, cpuSeconds }) => [peakMemoryBytes, cpuSeconds])).to.deep.equal([
      [900, 5],
      [100, 1],
    ]);
  });

  it('takes a reading before its start, and none of the next life', () => {
    const early = sessions([reading(1, 1, 10), start(0), reading(2, 2, 20), die(3)]);
    expect(early).to.have.lengthOf(1);
    expect(early[0]).to.include({ startedAt: timeAt(0), ...figures(2, 20, 2) });
    const next = sessions([start(0), reading(1, 5, 10), reading(3.5, 1, 99), die(3), start(3.2), die(4)]);
    expect(next[0]).to.include(figures(5, 10, 1));
  });

  it('tells a life without an end where the end was missed', () => {
    const byStart = sessions([start(0), reading(1, 1, 10), start(10), die(12)]);
    expect(byStart[0]).to.deep.equal({
      kind: 'session',
      ...about(),
      time: timeAt(10),
      startedAt: timeAt(0),
      ...figures(1, 10, 1),
    });
    expect(byStart[1]).to.include({ startedAt: timeAt(10), durationSeconds: 2 });
    const byRemoval = sessions([start(0), containerEvent(10, 'destroy')]);
    expect(byRemoval.map(({ time, endedAt }) => [time, endedAt])).to.deep.equal([[timeAt(10), undefined]]);
    expect(sessions([reading(1, 1, 1), start(10), die(12)])).to.have.lengthOf(2);
    expect(sessions([start(0), die(1), containerEvent(2, 'destroy')])).to.have.lengthOf(1);
  });

  it('learns the start of a life that began before from container facts', () => {
    expect(sessions([facts(10, 3), die(13)])[0]).to.include({ startedAt: timeAt(3), durationSeconds: 10 });
    expect(sessions([facts(10, 3, 'exited'), die(13)])[0]).not.to.have.property('startedAt');
    expect(sessions([facts(10, 3), start(3.2), die(13)])).to.have.lengthOf(1);
    expect(sessions([start(4), facts(10, 3.9), die(13)])[0]).to.include({ startedAt: timeAt(4) });
    expect(sessions([start(4), die(5), facts(6, 4), containerEvent(7, 'destroy')])).to.have.lengthOf(1);
  });

  it('says what the engine did not say, and what was simulated', () => {
    const synthetic = { ...die(2), synthetic: true as const };
    expect(sessions([start(0), synthetic])[0]).to.include({ synthetic: true });
    expect(sessions([{ ...start(0), synthetic: true }, die(2)])[0]).to.include({ synthetic: true });
    expect(
      sessions([
        { ...start(0), simulated: true },
        { ...die(2), simulated: true },
      ])[0],
    ).to.include({
      simulated: true,
    });
  });

  it('tells one for each end that engines told', () => {
    for (const path of [
      'docker/events-scenario.docker-20.10-cgroupv1.ndjson',
      'docker-cgroupv2/events-scenario.docker-28.5-cgroupv2.ndjson',
      'docker-cgroupv2/events-scenario.podman-5.8-cgroupv2.ndjson',
    ]) {
      const events = recordedEvents(path);
      const ends = events.filter(({ type, action }) => type === 'container' && action === 'die');
      const found = sessions(events);
      expect(found.map(({ endedAt }) => endedAt)).to.deep.equal(ends.map(({ time }) => time));
      expect(found.every(({ durationSeconds = -1 }) => durationSeconds > 0)).to.equal(true);
      expect(found.map(({ exitCode }) => String(exitCode))).to.deep.equal(
        ends.map(({ attributes }) => attributes['exitCode'] ?? attributes['containerExitCode']),
      );
    }
  });

  it('has the figures of recorded readings', () => {
    const readings = recordsOf('docker/stats-mem-limit.docker-20.10-cgroupv1.ndjson');
    const [{ host, container }] = readings as [ContainerStats];
    const end = { ...die(0), host, id: container.id, time: '2100-01-01T00:00:00Z' };
    const peak = Math.max(...readings.map(({ stats }) => memoryBytes(stats) ?? 0));
    expect(sessions([...readings, end])[0]).to.include({
      readings: readings.length,
      peakMemoryBytes: peak,
      cpuSeconds: readings.at(-1)!.stats.cpu_stats.cpu_usage.total_usage / 1e9,
    });
  });

  it('counts what it adds', async () => {
    const { stage, imbalances } = await booksOf([start(0), reading(1, 1, 1), die(2)], sessionize<In>());
    expect(stage).to.include({ received: 3, added: 1, delivered: 4, inFlight: 0, exact: true });
    expect(imbalances).to.deep.equal([]);
  });

  it('tells of a life that began before a restart', async () => {
    const make = (): OperatorFunction<In, In | Session> => sessionize();
    const after = await afterRestart(make, [start(0), reading(1, 1, 70)], [reading(2, 2, 50), die(3)]);
    expect(ofKind(after, 'session')[0]).to.include({ durationSeconds: 3, ...figures(2, 70, 2) });
  });

  it('remembers no more containers than it may', () => {
    const ids = ['c1', 'c2', 'c3'];
    const records = [...ids.map((id) => start(0, id)), ...[...ids].reverse().map((id) => die(10, 0, id))];
    const durations = (max: number): unknown =>
      sessions(records, max).map(({ durationSeconds }) => durationSeconds);
    expect(durations(3)).to.deep.equal([10, 10, 10]);
    expect(durations(2)).to.deep.equal([10, 10, undefined]);
  });

  it('tells of each life what a list of all its readings says', () => {
    const life = fc.array(fc.record({ cpu: fc.nat(50), memory: fc.nat(1000) }), { maxLength: 8 });
    fc.assert(
      fc.property(fc.array(life, { maxLength: 6 }), (lives) => {
        let second = 0;
        const records = lives.flatMap((readings): In[] => {
          const begun = start((second += 1));
          let used = 0;
          const read = readings.map(({ cpu, memory }) => reading((second += 1), (used += cpu), memory));
          return [begun, ...read, die((second += 1))];
        });
        const expected = lives.map((readings) => ({
          readings: readings.length,
          durationSeconds: readings.length + 1,
          peak: readings.length === 0 ? undefined : Math.max(...readings.map(({ memory }) => memory)),
          cpu: readings.length === 0 ? undefined : readings.reduce((sum, { cpu }) => sum + cpu, 0),
        }));
        const found = sessions(records).map((session) => ({
          readings: session.readings,
          durationSeconds: session.durationSeconds,
          peak: session.peakMemoryBytes,
          cpu: session.cpuSeconds,
        }));
        expect(found).to.deep.equal(expected);
      }),
    );
  });

  it('refuses options that cannot be', () => {
    expect(() => sessionize({ maxContainers: 0.5 })).to.throw(
      PipelineError,
      'sessionize: maxContainers must be a whole number above 0, not 0.5',
    );
  });
});
