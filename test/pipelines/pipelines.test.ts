import { expect } from 'chai';
import { containerFacts, containerStats, dockerEvent, expectPipeline, matching } from 'dockrx/testing';
import type { CgroupEvent, Gap, KernelOom } from '../../src/index.ts';
import exporter from '../../pipelines/cadvisor-events-exporter.ts';
import containerMetrics from '../../pipelines/container-metrics.ts';
import eventsToFile from '../../pipelines/events-to-file.ts';
import everyEventOnce from '../../pipelines/every-event-once.ts';
import live from '../../pipelines/live.ts';
import oomKills from '../../pipelines/oom-kills.ts';
import statsToFile from '../../pipelines/stats-to-file.ts';
import top from '../../pipelines/top.ts';
import { events as watchedEvents, stats as watchedStats } from '../../pipelines/watch.ts';
import { recordedEvents } from '../operators/lifecycle.ts';

const BEGIN = '2026-01-01T00:00:00.000000000Z';
const host = 'engine-1';

const gap: Gap = {
  kind: 'gap',
  type: 'gap',
  host,
  time: BEGIN,
  fromTime: BEGIN,
  toTime: BEGIN,
  reason: 'engine-restarted',
  atLeast: 0,
};
const start = dockerEvent();
const oom = dockerEvent({ action: 'oom' });
const die = dockerEvent({
  action: 'die',
  exitCode: 137,
  exit: { code: 137, oomKilled: true, verified: true },
});
const kill: KernelOom = {
  kind: 'kernel-oom',
  host,
  time: BEGIN,
  sequence: 7,
  process: 'node',
  pid: 4711,
  constraint: 'CONSTRAINT_MEMCG',
  containerId: start.id,
};

/** Readings a second apart: half a CPU, then one and a half. */
const readings = {
  a: containerStats({ cpuSeconds: 10 }),
  b: containerStats({ cpuSeconds: 10.5 }),
  c: containerStats({ cpuSeconds: 12, memoryBytes: 128 * 1024 ** 2 }),
};
const SECONDLY = 'a 999ms b 999ms c';

describe('the pipelines of this package', () => {
  it('stats-to-file: a flat reading at once, with its rates once there are two', () =>
    expectPipeline(statsToFile)
      .given(SECONDLY, readings)
      .emits('x 999ms y 999ms z', {
        x: matching({
          '@timestamp': BEGIN,
          container: 'web',
          cpu_total_usage: 10e9,
          memory_usage: 64 * 1024 ** 2,
        }),
        y: matching({ '@timestamp': '2026-01-01T00:00:01.000000000Z', cpu_percent: 50 }),
        z: matching({ cpu_percent: 150, memory_usage: 128 * 1024 ** 2 }),
      }));

  for (const [name, pipeline] of Object.entries({ eventsToFile, everyEventOnce })) {
    it(`${name}: each event and each gap, flat, at once`, () =>
      expectPipeline(pipeline)
        .given('abc', { a: start, b: die, c: gap })
        .emits('xyz', {
          x: matching({ '@timestamp': BEGIN, event_Action: 'start', container: 'web', event_id: start.id }),
          y: matching({ event_Action: 'die', event_exit_code: 137, event_exit_oomKilled: true }),
          z: matching({ type: 'gap', gap_reason: 'engine-restarted' }),
        }));

    it(`${name}: all that was recorded of an engine, in order`, async () => {
      const recorded = recordedEvents('docker-cgroupv2/events-scenario.docker-28.5-cgroupv2.ndjson');
      expect(recorded.length).to.be.above(50);
      await expectPipeline(pipeline)
        .given(recorded)
        .emits(
          recorded.map(({ action, timeNano }) =>
            matching({ event_Action: action, event_timeNano: timeNano }),
          ),
        );
    });
  }

  it('watch: what happens to containers, but for what is executed in them, and each gap', async () => {
    const values = {
      s: start,
      d: die,
      g: gap,
      e: dockerEvent({ action: 'exec_start: sh' }),
      n: dockerEvent({ type: 'network', action: 'connect', name: 'shop_default' }),
    };
    await expectPipeline(watchedEvents).given('sengd', values).emits('s--gd', values);
    await expectPipeline(watchedStats)
      .given(SECONDLY, readings)
      .emits([
        matching({ derived: matching({ memoryBytes: 64 * 1024 ** 2 }) }),
        matching({ derived: matching({ cpuPercent: 50 }) }),
        matching({ derived: matching({ cpuPercent: 150 }) }),
      ]);
  });

  it('oom-kills: a kill once, two seconds after the first that tells of it, with all the evidence', async () => {
    const told = matching({
      kind: 'oom-kill',
      containerId: start.id,
      name: 'web',
      process: 'node',
      pid: 4711,
      evidence: ['kernel', 'docker-oom', 'docker-die'],
    });
    await expectPipeline(oomKills)
      .given('s 999ms k o d', { s: start, k: kill, o: oom, d: die })
      .emits('3000ms x', { x: told });
    await expectPipeline(oomKills)
      .given('s 99ms (d|)', { s: start, d: dockerEvent({ action: 'die' }) })
      .emits([]);
    await expectPipeline(oomKills).given('g', { g: gap }).emits('g', { g: gap });
  });

  it('container-metrics: all that is told, as it came', async () => {
    const values = { f: containerFacts(), s: start, r: readings.a, g: gap };
    await expectPipeline(containerMetrics).given('fsrg', values).emits('fsrg', values);
  });

  it('live: all that is told, readings with their rates', async () => {
    const values = { f: containerFacts(), s: start, ...readings };
    await expectPipeline(live)
      .given(`fs ${SECONDLY}`, values)
      .emits('fs x 999ms y 999ms z', {
        ...values,
        x: { ...readings.a, derived: matching({}) },
        y: { ...readings.b, derived: matching({ cpuPercent: 50 }) },
        z: { ...readings.c, derived: matching({ cpuPercent: 150 }) },
      });
  });

  it('top: the same, and a crash loop, once', async () => {
    const d = dockerEvent({ action: 'die', exitCode: 1 });
    await expectPipeline(top)
      .given('d 9s d 9s d 9s d', { d })
      .emits('d 9s d 9s (dx) 8997ms d', {
        d,
        x: matching({ kind: 'crash-loop', deaths: 3, exitCodes: [1, 1, 1] }),
      });
  });

  it('cadvisor-events-exporter: all that is told, and the kills of this machine, each once', async () => {
    const killed: CgroupEvent = {
      kind: 'cgroup-event',
      host,
      time: BEGIN,
      action: 'oom',
      cgroup: `/docker/${start.id}`,
      containerId: start.id,
      version: 2,
      oomKills: 1,
    };
    await expectPipeline(exporter)
      .given('c k', { c: killed, k: kill })
      .emits('c k 1998ms x', {
        c: killed,
        k: kill,
        x: matching({ kind: 'oom-kill', containerId: start.id, evidence: ['kernel', 'memory-events'] }),
      });
  });
});
