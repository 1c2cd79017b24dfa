import { expect } from 'chai';
import { containerMetrics } from '../../src/metrics/container-metrics.ts';
import type { DockerEvent } from '../../src/records/docker-event.ts';
import type { Json } from '../../src/core/types.ts';
import { facts, idOf, info, oom, show, stats } from './shown.ts';

const MINUTE = 60_000;
const at = (second: number): string => `2026-11-22T10:00:${String(second).padStart(2, '0')}Z`;

describe('containerMetrics', () => {
  it('show a container once its facts are known, also when a reading comes first', () => {
    const shown = show();
    shown.take(info(), stats(at(1)));
    expect(shown.of('container_memory_usage_bytes')).to.deep.equal({});
    shown.take(facts());
    expect(shown.of('container_memory_usage_bytes')).to.deep.equal({ '': 1_000 });
  });

  it('name it by its cgroup, its name, its image and the labels allowed', () => {
    const shown = show({ names: 'cadvisor', labels: ['com.docker.compose.*'] });
    const labels = { 'com.docker.compose.project.working_dir': '/srv/shop', secret: 'x' };
    shown.take(facts({ container: { ...facts().container, labels } }));
    expect([...shown.all().keys()].find((series) => series.startsWith('container_start_time'))).to.equal(
      'container_start_time_seconds{container_label_com_docker_compose_project_working_dir="/srv/shop",' +
        `id="/docker/${idOf(1)}",image="bb:1",name="web"}`,
    );
  });

  it('print each label of a container once, whatever characters they have', () => {
    const shown = show();
    shown.take(facts({ container: { ...facts().container, labels: { 'a.b': '1', 'a-b': '2', ü: '3' } } }));
    const [series] = [...shown.all().keys()];
    expect(series).to.contain('container_label_a_b="1"').and.contain('container_label__="3"');
  });

  it('follow its name', () => {
    const shown = show();
    shown.take(facts(), stats(at(1)), facts({}, idOf(1), 'renamed'), stats(at(2)));
    expect(shown.of('container_threads')).to.deep.equal({});
    expect(shown.of('container_threads', 'name="renamed"')).to.deep.equal({ '': 3 });
  });

  it('end with its run; when it started, was seen last and its kills are shown for five minutes more', () => {
    const shown = show();
    shown.take(facts(), stats(at(1)), oom(), facts({ state: 'exited', time: at(2) }));
    expect([...shown.names()].filter((name) => Object.keys(shown.of(name)).length > 0)).to.have.members([
      'container_start_time_seconds',
      'container_last_seen',
      'container_oom_events_total',
    ]);
    shown.pass(4 * MINUTE);
    shown.take(facts({ state: 'removed', time: at(3) }));
    shown.pass(MINUTE - 1);
    expect(shown.of('container_last_seen')).to.deep.equal({ '': Date.parse(at(1)) / 1e3 });
    expect(shown.of('container_oom_events_total')).to.deep.equal({ '': 1 });
    shown.pass(1);
    expect(shown.of('container_last_seen')).to.deep.equal({});
  });

  it('go on when it is started again meanwhile', () => {
    const shown = show();
    shown.take(facts(), stats(at(1)), facts({ state: 'exited', time: at(2) }));
    shown.pass(4 * MINUTE);
    shown.take(facts({ startedAt: at(30) }), stats(at(31), { cpuSeconds: 0.1 }));
    shown.pass(4 * MINUTE);
    expect(shown.of('container_cpu_user_seconds_total')).to.deep.equal({ '': 0.075 });
  });

  it('pass over a reading that comes behind the end', () => {
    const shown = show();
    shown.take(facts(), stats(at(1)), facts({ state: 'exited', time: at(2) }), stats(at(2)));
    expect(shown.of('container_threads')).to.deep.equal({});
    expect(shown.of('container_last_seen')).to.deep.equal({ '': Date.parse(at(1)) / 1e3 });
  });

  it('show no reading of the run before', () => {
    const shown = show();
    shown.take(facts(), stats(at(1)), facts({ startedAt: at(5) }));
    expect(shown.of('container_threads')).to.deep.equal({});
  });

  it('show nothing of a container that has not run while we looked, unless it was killed', () => {
    const shown = show();
    shown.take(facts({ state: 'exited' }), facts({ state: 'created' }, idOf(2), 'other'));
    expect(shown.of('container_last_seen')).to.deep.equal({});
    expect(shown.of('container_oom_events_total')).to.deep.equal({});
    shown.take(oom(idOf(2), 'other'));
    expect(shown.of('container_oom_events_total', 'name="other"')).to.deep.equal({ '': 1 });
  });

  describe('count kills for want of memory', () => {
    it('from zero on, so that the first is an increase', () => {
      const shown = show();
      shown.take(facts());
      expect(shown.of('container_oom_events_total')).to.deep.equal({ '': 0 });
    });

    it('by name: a container that takes the place of another goes on', () => {
      const shown = show();
      shown.take(facts(), oom(), oom(), facts({ state: 'removed', time: at(2) }), facts({}, idOf(2)));
      expect(shown.of('container_oom_events_total', `id="/docker/${idOf(2)}"`)).to.deep.equal({ '': 2 });
      shown.take(oom(idOf(2)));
      expect(shown.of('container_oom_events_total', `id="/docker/${idOf(2)}"`)).to.deep.equal({ '': 3 });
    });

    it('also when the event comes before the facts', () => {
      const shown = show();
      shown.take(oom(), facts());
      expect(shown.of('container_oom_events_total')).to.deep.equal({ '': 1 });
    });

    it('on from a checkpoint', () => {
      const before = show();
      before.take(facts(), oom());
      const after = show({ names: 'cadvisor' }, JSON.parse(JSON.stringify(before.state())) as Json);
      after.take(facts(), oom());
      expect(after.of('container_oom_events_total')).to.deep.equal({ '': 2 });
    });

    it('not those of other events', () => {
      const shown = show();
      const others: readonly { readonly kind: string }[] = [
        { ...oom(), action: 'die' } as DockerEvent,
        { ...oom(), type: 'image' } as DockerEvent,
        { kind: 'gap' },
      ];
      shown.take(facts(), ...others);
      expect(shown.of('container_oom_events_total')).to.deep.equal({ '': 0 });
    });
  });

  describe('sum up over all containers', () => {
    const sum = 'id="/"';
    const used = (shown: ReturnType<typeof show>): number | undefined =>
      shown.of('container_cpu_usage_seconds_total', sum)['cpu="total"'];

    it('gauges of those that run', () => {
      const shown = show();
      shown.take(
        facts(),
        stats(at(1)),
        facts({}, idOf(2), 'db'),
        stats(at(1), { memory: 500 }, idOf(2), 'db'),
      );
      expect(shown.of('container_memory_usage_bytes', sum)).to.deep.equal({ '': 1_500 });
      expect(shown.of('container_threads', sum)).to.deep.equal({ '': 6 });
      shown.take(facts({ state: 'exited', time: at(2) }));
      expect(shown.of('container_memory_usage_bytes', sum)).to.deep.equal({ '': 500 });
    });

    it('counters from when a container was found, so that they do not leap', () => {
      const shown = show();
      shown.take(facts(), stats(at(1), { cpuSeconds: 100 }));
      expect(used(shown)).to.equal(0);
      shown.take(stats(at(2), { cpuSeconds: 101 }));
      expect(used(shown)).to.equal(1);
      shown.take(facts({}, idOf(2), 'db'), stats(at(3), { cpuSeconds: 50 }, idOf(2), 'db'));
      expect(used(shown)).to.equal(1);
    });

    it('all that a container used which was started meanwhile', () => {
      const shown = show();
      shown.take(facts(), stats(at(1)));
      shown.take(
        facts({ startedAt: at(2) }, idOf(2), 'db'),
        stats(at(3), { cpuSeconds: 0.5 }, idOf(2), 'db'),
      );
      expect(used(shown)).to.equal(0.5);
    });

    it('never less when one ends, is removed or starts again, told or not', () => {
      const shown = show();
      shown.take(facts(), stats(at(1), { cpuSeconds: 1 }), stats(at(2), { cpuSeconds: 3 }));
      shown.take(facts({ state: 'exited', time: at(3) }));
      expect(used(shown)).to.equal(2);
      shown.take(facts({ startedAt: at(4) }), stats(at(5), { cpuSeconds: 1 }));
      expect(used(shown)).to.equal(3);
      shown.take(stats(at(6), { cpuSeconds: 0.25 }));
      expect(used(shown)).to.equal(3.25);
      shown.take(facts({ state: 'removed', time: at(7) }));
      expect(used(shown)).to.equal(3.25);
    });

    it('once what a run has used that was read before it was told', () => {
      const shown = show();
      shown.take(facts(), stats(at(1), { cpuSeconds: 5 }));
      shown.take(
        stats(at(6), { cpuSeconds: 1 }),
        facts({ startedAt: at(5) }),
        stats(at(7), { cpuSeconds: 2 }),
      );
      expect(used(shown)).to.equal(2);
      expect(shown.of('container_threads')).to.deep.equal({ '': 3 });
    });

    it('by interface', () => {
      const shown = show();
      shown.take(facts(), stats(at(1), { received: 10 }), stats(at(2), { received: 15 }));
      expect(shown.of('container_network_receive_bytes_total', sum)).to.deep.equal({ 'interface="eth0"': 5 });
    });
  });

  it('tell of the engine', () => {
    const shown = show();
    shown.take(info());
    expect(shown.all().get('machine_cpu_cores{}')).to.equal(2);
    expect(shown.all().get('machine_memory_bytes{}')).to.equal(4_096);
    const version = 'dockerVersion="28.5.2",kernelVersion="6.12",osVersion="Debian"';
    expect(shown.all().get(`cadvisor_version_info{${version}}`)).to.equal(1);
    expect(shown.all().get('engine_daemon_container_states_containers{state="stopped"}')).to.equal(2);
  });

  it('say so while a container that runs has not been read for five minutes, and others have', () => {
    const shown = show();
    const error = (): number | undefined => shown.all().get('container_scrape_error{}');
    shown.take(info(), facts(), facts({}, idOf(2), 'dumb'), facts({}, idOf(3), 'left out'));
    shown.take(stats(at(1), {}, idOf(2), 'dumb'), stats('2026-11-22T10:05:01Z'));
    expect(error()).to.equal(0);
    shown.take(stats('2026-11-22T10:05:02Z'));
    expect(error()).to.equal(1);
    shown.take(stats('2026-11-22T10:05:03Z', {}, idOf(2), 'dumb'));
    expect(error()).to.equal(0);
    shown.take(stats('2026-11-22T10:15:00Z'), facts({ state: 'exited' }, idOf(2), 'dumb'));
    expect(error()).to.equal(0);
  });

  describe('tell what a container may use', () => {
    const limits = {
      cpuPeriod: 50_000,
      cpuQuota: 20_000,
      cpuShares: 512,
      memory: 100,
      memoryReservation: 50,
      memorySwap: 150,
      pids: 7,
    };
    const spec = (version: 1 | 2, more: object = { limits }): Readonly<Record<string, number>> => {
      const shown = show();
      shown.take(info({ cgroupVersion: version }), facts(more));
      const names = [...shown.names()].filter((name) => name.startsWith('container_spec_'));
      return Object.fromEntries(names.map((name) => [name.slice(15), shown.of(name)['']!]));
    };

    it('as cAdvisor reads it on cgroup v1 and v2', () => {
      const both = {
        cpu_period: 50_000,
        cpu_quota: 20_000,
        cpu_shares: 512,
        memory_limit_bytes: 100,
        memory_reservation_limit_bytes: 50,
      };
      expect(spec(1)).to.deep.equal({ ...both, memory_swap_limit_bytes: 150 });
      expect(spec(2)).to.deep.equal({ ...both, memory_swap_limit_bytes: 50 });
    });

    it('as 0 where there is no limit, and no quota at all', () => {
      expect(spec(1, {})).to.deep.equal({
        cpu_period: 100_000,
        cpu_shares: 1024,
        memory_limit_bytes: 0,
        memory_reservation_limit_bytes: 0,
        memory_swap_limit_bytes: 0,
      });
    });

    it('and how it is held up, only with a quota', () => {
      const shown = show();
      shown.take(facts(), stats(at(1)));
      expect(shown.of('container_cpu_cfs_periods_total')).to.deep.equal({});
      shown.take(facts({ limits }), stats(at(2)));
      expect(shown.of('container_cpu_cfs_periods_total')).to.deep.equal({ '': 5 });
      expect(shown.of('container_cpu_cfs_throttled_periods_total')).to.deep.equal({ '': 2 });
      expect(shown.of('container_cpu_cfs_throttled_seconds_total')).to.deep.equal({ '': 0.5 });
    });
  });

  it('tell of its health, its times and what it has written', () => {
    const shown = show();
    for (const [health, value] of [
      ['healthy', 1],
      ['starting', 0],
      ['unhealthy', 0],
      ['none', -1],
    ] as const) {
      shown.take(info(), facts({ health, writtenBytes: 4_096 }));
      expect(shown.of('container_health_state')).to.deep.equal({ '': value });
    }
    expect(shown.of('container_start_time_seconds')).to.deep.equal({
      '': Date.parse('2026-11-22T09:30:00.5Z') / 1e3,
    });
    expect(shown.of('container_creation_time_seconds')).to.deep.equal({
      '': Date.parse('2026-11-22T09:00:00Z') / 1e3,
    });
    expect(shown.of('container_fs_usage_bytes')).to.deep.equal({ 'device="overlay2"': 4_096 });
  });

  it('refuse wrong options when they are declared', () => {
    for (const [options, said] of [
      [{ names: 'telegraf' }, "names must be 'cadvisor' or 'otel'"],
      [{ names: 'otel', labels: 'a' }, 'labels must be'],
      [{ names: 'otel', label: [] }, 'there is no option "label"'],
    ] as const)
      expect(() => containerMetrics(options as never)).to.throw(`containerMetrics: ${said}`);
  });
});
