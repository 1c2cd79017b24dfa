import { expect } from 'chai';
import { from, mergeMap, of, timer, map } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import { oomKills } from '../../../src/operators/oom-kills.ts';
import type { Gap } from '../../../src/records/gap.ts';
import type { KernelOom } from '../../../src/records/kernel-oom.ts';
import type { OomKill } from '../../../src/records/oom-kill.ts';
import { capturedLines } from '../../captures.ts';
import {
  cadvisorRecords,
  cgroupOf,
  dockerOf,
  dockerRecords,
  kernelOf,
  recordedCases,
  type RecordedCase,
} from './recorded.ts';

interface Timed {
  readonly time: string;
}

const isKill = (record: OomKill | Gap): record is OomKill => record.kind === 'oom-kill';

/** All at once, in the order given, as after an absence. */
function joined(records: readonly Timed[]): readonly OomKill[] {
  const kills: OomKill[] = [];
  from(records)
    .pipe(oomKills())
    .subscribe((record) => isKill(record) && kills.push(record));
  return kills;
}

/** Each at its own time, as it happens; those of a source so much later. */
function joinedLive(
  sources: readonly (readonly Timed[])[],
  lateMs: readonly number[] = [],
): readonly OomKill[] {
  const startMs = Math.min(...sources.flat().map(({ time }) => Date.parse(time)));
  const arrivals = sources.flatMap((records, source) =>
    records.map((record) => ({ record, ms: Date.parse(record.time) - startMs + (lateMs[source] ?? 0) })),
  );
  const kills: OomKill[] = [];
  new TestScheduler(() => undefined).run(({ flush }) => {
    from(arrivals)
      .pipe(
        mergeMap(({ record, ms }) => (ms > 0 ? timer(ms).pipe(map(() => record)) : of(record))),
        oomKills(),
      )
      .subscribe((record) => isKill(record) && kills.push(record));
    flush();
  });
  return kills;
}

const byTime = (...sources: readonly (readonly Timed[])[]): readonly Timed[] =>
  sources.flat().sort((a, b) => Date.parse(a.time) - Date.parse(b.time));

const counted = (kills: readonly OomKill[], id: string): number =>
  kills.filter(({ containerId }) => containerId === id).length;

/** What Docker alone can know: its `oom` events, else its word at the end that there was one. */
const knownToDocker = (recorded: RecordedCase): number =>
  Math.max(dockerOf(recorded).filter(({ action }) => action === 'oom').length, recorded.oomKilled ? 1 : 0);

describe('oomKills counts what was recorded', () => {
  it('has all cases', () => {
    expect(recordedCases).to.have.lengthOf(23);
  });

  for (const recorded of recordedCases)
    describe(`${recorded.name}, ${recorded.engine}: ${recorded.kills}`, () => {
      const { id, kills } = recorded;
      const [docker, kernel, cgroup] = [dockerOf(recorded), kernelOf(recorded), cgroupOf(recorded)];

      it('by the kernel alone, and all else that happened is no kill', () => {
        const told = joined(kernel);
        expect(told).to.have.lengthOf(kills);
        expect(counted(told, id)).to.equal(kills);
      });

      it('by all that told of it, as it happens', () => {
        const told = joinedLive([docker, kernel, cgroup]);
        expect(told).to.have.lengthOf(kills);
        expect(counted(told, id)).to.equal(kills);
        for (const { process, pid, name, image, evidence } of told) {
          expect(process).to.be.oneOf(['tail', 'sh', 'sleep']);
          expect(pid).to.be.greaterThan(1);
          expect(name).to.equal(`h7-oom-${recorded.name}`);
          expect(image).to.match(/bb:1$/);
          expect(evidence[0]).to.equal('kernel');
        }
      });

      it('by Docker and the kernel, whichever comes much later', () => {
        for (const late of [
          [0, 30_000],
          [30_000, 0],
          [0, 1_500],
          [1_500, 0],
        ])
          expect(joinedLive([docker, kernel], late), String(late)).to.have.lengthOf(kills);
      });

      it('by all of it at once, in any order of the sources', () => {
        expect(joined(byTime(docker, kernel, cgroup))).to.have.lengthOf(kills);
        for (const sources of [
          [docker, kernel, cgroup],
          [docker, cgroup, kernel],
          [kernel, docker, cgroup],
          [kernel, cgroup, docker],
          [cgroup, kernel, docker],
          [cgroup, docker, kernel],
        ])
          expect(joined(sources.flat())).to.have.lengthOf(kills);
      });

      it('by Docker alone as far as it tells', () => {
        expect(joinedLive([docker])).to.have.lengthOf(knownToDocker(recorded));
      });
    });

  for (const engine of ['docker-26.1-cgroupv2', 'docker-28.5-cgroupv2', 'podman-5.8-cgroupv2'])
    it(`all cases of ${engine} in one stream`, () => {
      const cases = recordedCases.filter((each) => each.engine === engine);
      const sources = [cases.flatMap(dockerOf), cases.flatMap(kernelOf), cases.flatMap(cgroupOf)];
      const told = joinedLive(sources);
      for (const { name, id, kills } of cases) expect(counted(told, id), name).to.equal(kills);
      expect(told).to.have.lengthOf(cases.reduce((sum, { kills }) => sum + kills, 0));
    });

  it('with the evidence it rests on', () => {
    const evidenceOf = (name: string): readonly string[] => {
      const recorded = recordedCases.find(
        (each) => each.name === name && each.engine === 'docker-28.5-cgroupv2',
      )!;
      return joinedLive([dockerOf(recorded), kernelOf(recorded), cgroupOf(recorded)]).map(({ evidence }) =>
        evidence.join(' '),
      );
    };
    expect(evidenceOf('main-1')).to.deep.equal(['kernel docker-oom docker-die']);
    expect(evidenceOf('main-3')).to.deep.equal(['kernel docker-die']);
    expect(evidenceOf('exec')).to.deep.equal(['kernel docker-oom memory-events']);
    expect(evidenceOf('group')).to.deep.equal(['kernel docker-oom', 'kernel', 'kernel', 'kernel']);
    expect(evidenceOf('restart-policy')).to.deep.equal([
      'kernel docker-oom docker-die',
      // It took the container more than two seconds to end.
      'kernel docker-oom',
    ]);
  });

  describe('of twelve main processes killed in a row', () => {
    const states = capturedLines('oom/oom-main-repeat-states.docker-28.5-cgroupv2.ndjson').map(
      (line) => JSON.parse(line) as { readonly OOMKilled: boolean; readonly ExitCode: number },
    );
    const file = 'events-oom-main-repeat.docker-28.5-cgroupv2.ndjson';
    const ids = dockerRecords(file)
      .filter(({ action, type }) => type === 'container' && action === 'die')
      .map(({ id }) => id);
    const docker = dockerRecords(file, (id) => {
      const { OOMKilled, ExitCode } = states[ids.indexOf(id)]!;
      return { code: ExitCode, oomKilled: OOMKilled, verified: true };
    });

    it('eleven by Docker alone: of one it knows nothing, not even at the end', () => {
      const told = joinedLive([docker]);
      expect(new Set(told.map(({ containerId }) => containerId)).size).to.equal(11);
      expect(told).to.have.lengthOf(11);
      const [late] = told.filter(({ containerId }) => containerId === ids[1]);
      expect(late?.evidence).to.deep.equal(['docker-oom', 'docker-die']);
    });

    it('all twelve with the kernel, each once', () => {
      // The kernel's words were not recorded there: those of another such kill, at the moments Docker tells.
      const [words] = kernelOf({ name: 'main-3', engine: 'docker-28.5-cgroupv2' });
      const kernel = ids.map((id, i): KernelOom => {
        const events = docker.filter((event) => event.id === id);
        const { time } = events.find(({ action }) => action === 'oom' || action === 'die')!;
        const cgroup = `/system.slice/docker-${id}.scope`;
        return { ...words!, time, pid: 5_000 + i, cgroup, limitCgroup: cgroup, containerId: id };
      });
      const told = joinedLive([docker, kernel], [0, 100]);
      expect(told.map(({ containerId }) => containerId)).to.have.members(ids);
      expect(told).to.have.lengthOf(12);
    });
  });

  describe('of 60 children killed within 5 seconds', () => {
    const docker = dockerRecords('events-storm.docker-20.10-cgroupv1.ndjson');
    const cadvisor = cadvisorRecords('cadvisor-storm.docker-20.10-cgroupv1.ndjson');

    it('60, ten of them with what cAdvisor told', () => {
      const told = joinedLive([docker, cadvisor]);
      expect(told).to.have.lengthOf(60);
      expect(told.filter(({ process }) => process === 'tail')).to.have.lengthOf(10);
      expect(new Set(told.map(({ name }) => name))).to.deep.equal(new Set(['h1-storm']));
    });

    it('60 with the process of each, where the kernel left out all reports but ten', () => {
      const [words] = kernelOf({ name: 'main-3', engine: 'docker-28.5-cgroupv2' });
      const bare = { kind: 'kernel-oom' as const, host: 'kernel', process: words!.process, sequence: 0 };
      const ooms = docker.filter(({ action }) => action === 'oom');
      const kernel = ooms.map(({ time, id }, i): KernelOom => ({
        ...bare,
        time,
        pid: 5_000 + i,
        ...(i < 10 && { cgroup: `/docker/${id}`, limitCgroup: `/docker/${id}`, containerId: id }),
      }));
      for (const late of [0, 100, 1_500, 20_000]) {
        const told = joinedLive([docker, kernel], [0, late]);
        expect(told).to.have.lengthOf(60);
        expect(counted(told, ooms[0]!.id)).to.equal(60);
        if (late < 2_000) expect(new Set(told.map(({ pid }) => pid)).size).to.equal(60);
      }
      expect(joinedLive([kernel]).filter(({ isInferred }) => isInferred === true)).to.have.lengthOf(50);
      for (const each of [2, 7, 60]) {
        // Docker tells several as one.
        const some = docker.filter((event) => event.action !== 'oom' || ooms.indexOf(event) % each === 0);
        const told = joinedLive([some, kernel], [0, 100]);
        expect(told, `one of ${each}`).to.have.lengthOf(60);
        expect(counted(told, ooms[0]!.id), `one of ${each}`).to.equal(60);
        expect(told.some(({ isInferred }) => isInferred === true)).to.equal(true);
      }
    });
  });

  it('a kill by the limit of a parent cgroup once, whoever names which cgroup', () => {
    const [docker, cadvisor] = [
      dockerRecords('events-pod-limit.docker-20.10-cgroupv1.ndjson'),
      cadvisorRecords('cadvisor-pod-limit.docker-20.10-cgroupv1.ndjson'),
    ];
    const [kill, ...more] = joinedLive([docker, cadvisor]);
    expect(more).to.deep.equal([]);
    expect(kill).to.deep.include({
      name: 'h1-inpod',
      process: 'tail',
      pid: 30_496,
      limitCgroup: '/h1kube/podA',
    });
    expect(kill?.evidence).to.deep.equal(['docker-oom', 'cadvisor']);
  });
});
