import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { filter, map, NEVER } from 'rxjs';
import { pipeline } from '../../src/core/pipeline.ts';
import type { Source } from '../../src/core/types.ts';
import { derive } from '../../src/operators/derive.ts';
import { flattenEvent } from '../../src/operators/flatten-event.ts';
import { flattenStats } from '../../src/operators/flatten-stats.ts';
import type { ContainerStats } from '../../src/records/container-stats.ts';
import { inspectedIn } from '../../src/records/parse-container-facts.ts';
import { parseStatsBody } from '../../src/records/stats-body.ts';
import {
  containerFacts,
  containerStats,
  dockerEvent,
  expectPipeline,
  logLine,
  matching,
} from '../../src/testing/index.ts';
import { rawReadings } from '../captures.ts';
import { sinkOf } from '../core/sinks.ts';
import { all, emittedOf, recordedEvents } from '../operators/lifecycle.ts';
import { shapeDifferences } from '../simulator/same-shape.ts';

const BEGIN = '2026-01-01T00:00:00.000000000Z';
const fixture = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../fixtures/docker-cgroupv2/${name}`, import.meta.url), 'utf8'));

describe('records built for tests', () => {
  describe('have the shape of what engines were recorded to say', () => {
    it('of an event', () => {
      const recorded = recordedEvents('docker-cgroupv2/events-scenario.docker-28.5-cgroupv2.ndjson');
      const such = (action: string, type = 'container'): unknown => ({
        ...recorded.find((event) => event.action === action && event.type === type),
        host: 'engine-1',
      });
      const maps = { maps: ['$.attributes'] };
      expect(shapeDifferences(dockerEvent(), such('start'), maps)).to.deep.equal([]);
      const networkEvent = dockerEvent({ type: 'network', action: 'connect', name: 'shop_default' });
      expect(shapeDifferences(networkEvent, such('connect', 'network'), maps)).to.deep.equal([]);
      // The exit is what the source asks the engine for.
      expect(
        shapeDifferences(dockerEvent({ action: 'die' }), such('die'), { ...maps, except: ['$.exit'] }),
      ).to.deep.equal([]);
    });

    it('of a reading', () => {
      const [recorded] = rawReadings('docker-cgroupv2/stats-plain-busy.docker-28.5-cgroupv2.ndjson');
      const { stats } = containerStats();
      // What kernels count differs; of devices nothing was read yet; the first reading has nothing before it.
      const maps = ['$.memory_stats.stats', '$.blkio_stats'];
      const except = ['$.blkio_stats', '$.precpu_stats'];
      expect(shapeDifferences(stats, recorded, { maps, except })).to.deep.equal([]);
      expect(parseStatsBody(stats)).to.deep.equal(stats);
    });

    it('of facts', () => {
      const inspected = inspectedIn(fixture('inspect-healthy.docker-28.5-cgroupv2.json'));
      const recorded = { kind: '', host: '', engine: '', time: '', cgroup: '', ...inspected };
      const except = ['$.container.labels', '$.finishedAt', '$.cgroupParent'];
      expect(shapeDifferences(containerFacts(), recorded, { except })).to.deep.equal([]);
    });
  });

  it('are of one container where they have one name, and of another where they have another', () => {
    const { id } = dockerEvent({ name: 'db' });
    expect(id).to.match(/^[0-9a-f]{64}$/);
    for (const record of [containerStats, logLine, containerFacts])
      expect(record({ name: 'db', image: 'postgres:16' }).container).to.deep.include({
        id,
        name: 'db',
        image: 'postgres:16',
      });
    expect(dockerEvent({ name: 'web' }).id).to.not.equal(id);
    expect(dockerEvent({ type: 'volume', action: 'create', name: 'data' })).to.deep.include({
      id: 'data',
      attributes: { name: 'data' },
    });
  });

  it('take what they are given, and fit the rest to it', () => {
    const time = '2026-05-06T07:08:09.123456789Z';
    const event = dockerEvent({ action: 'die', exitCode: 137, time, attributes: { 'com.example': 'x' } });
    expect(event).to.deep.include({ time, timeNano: '1778051289123456789' });
    expect(event.exit).to.deep.equal({ code: 137, oomKilled: false, verified: true });
    expect(event.attributes).to.deep.equal({
      exitCode: '137',
      image: 'busybox:1.37',
      name: 'web',
      'com.example': 'x',
    });
    expect(dockerEvent({ action: 'die', exit: { verified: false } }).exit).to.deep.equal({ verified: false });
    const reading = containerStats({ time, stats: { num_procs: 4 }, simulated: true, labels: { a: 'b' } });
    expect(reading.stats).to.deep.include({ read: time, num_procs: 4 });
    expect(reading).to.deep.include({ simulated: true });
    expect(reading.container.labels).to.deep.equal({ a: 'b' });
    expect(logLine({ text: 'ready', stream: 'stderr', time })).to.deep.include({
      text: 'ready',
      stream: 'stderr',
      time,
    });
    const facts = containerFacts({ state: 'exited', exitCode: 1, limits: { memory: 1024 } });
    expect(facts).to.deep.include({ state: 'exited', exitCode: 1 });
    expect(facts.limits).to.deep.include({ memory: 1024, cpuPeriod: 100_000 });
  });

  it('have no other fields than records have', () => {
    // @ts-expect-error: it is no field of an event
    dockerEvent({ acton: 'die' });
    // @ts-expect-error: it follows from the time
    dockerEvent({ timeNano: '1' });
    // @ts-expect-error: it is another kind of record
    containerStats({ kind: 'log-line' });
    // @ts-expect-error: there is no such stream
    logLine({ stream: 'stdin' });
    // @ts-expect-error: there is no such state
    containerFacts({ state: 'up' });
  });

  it('are the same in every test, and what their operators can read', () => {
    expect(dockerEvent()).to.deep.equal(dockerEvent());
    expect(JSON.parse(JSON.stringify(dockerEvent()))).to.deep.include({ time: BEGIN });
    expect(emittedOf([dockerEvent()], flattenEvent())[0]).to.include({
      '@timestamp': BEGIN,
      event_id: dockerEvent().id,
    });
    expect(emittedOf([containerStats()], flattenStats())[0]).to.include({ cpu_total_usage: 1e9 });
    expect(all(NEVER)).to.deep.equal([]);
  });

  it('have the time of their place, each of its own, in all its fields', async () => {
    const events: Source<ReturnType<typeof dockerEvent>> = NEVER;
    const times = pipeline(
      'times',
      events,
      map((record) => [record.time, record.timeNano, Object.getOwnPropertySymbols(record).length]),
      sinkOf<unknown>(),
    );
    const own = '2020-01-01T00:00:00.000000000Z';
    await expectPipeline(times)
      .given('a 1s ab', { a: dockerEvent(), b: dockerEvent({ time: own }) })
      .emits([
        [BEGIN, '1767225600000000000', 0],
        ['2026-01-01T00:00:01.001000000Z', '1767225601001000000', 0],
        [own, '1577836800000000000', 0],
      ]);
  });

  it('give rates by two readings', async () => {
    const readings: Source<ContainerStats> = NEVER;
    const busy = pipeline(
      'busy',
      readings,
      derive(),
      filter(({ derived }) => (derived.cpuPercent ?? 0) > 100),
      sinkOf<unknown>(),
    );
    const [a, b] = [containerStats(), containerStats({ cpuSeconds: 2.5, memoryBytes: 1e6 })];
    const x = { ...b, derived: matching({ cpuPercent: 150, memoryBytes: 1e6 }) };
    await expectPipeline(busy).given('a 999ms b', { a, b }).emits('1s x', { x });
  });
});
