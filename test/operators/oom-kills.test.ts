import { expect } from 'chai';
import { from, Subject, take } from 'rxjs';
import { audit } from '../../src/core/audit.ts';
import { openCheckpoints, type CheckpointStore } from '../../src/core/checkpoints.ts';
import { PipelineError } from '../../src/core/errors.ts';
import { pipeline } from '../../src/core/pipeline.ts';
import { runPipeline } from '../../src/core/run.ts';
import type { Json } from '../../src/core/types.ts';
import { oomKills } from '../../src/operators/oom-kills.ts';
import type { CadvisorOom, CgroupOom } from '../../src/operators/oom-kills/evidence.ts';
import type { DockerEvent } from '../../src/records/docker-event.ts';
import type { Gap } from '../../src/records/gap.ts';
import type { KernelOom } from '../../src/records/kernel-oom.ts';
import type { OomKill } from '../../src/records/oom-kill.ts';
import { sinkOf } from '../core/sinks.ts';
import { marbles } from '../marbles.ts';

const A = 'a'.repeat(64);
const B = 'b'.repeat(64);

/** A moment, in seconds. */
const at = (second: number): string => new Date(second * 1000).toISOString();

const docker = (second: number, action: string, more: Partial<DockerEvent> = {}): DockerEvent => ({
  kind: 'docker-event',
  host: 'engine',
  time: at(second),
  timeNano: `${second}000000000`,
  type: 'container',
  action,
  id: A,
  attributes: { name: 'web', image: 'bb:1' },
  scope: 'local',
  ...more,
});
const oom = (second: number, id = A): DockerEvent => docker(second, 'oom', { id });
const die = (second: number, code: number, oomKilled: boolean): DockerEvent =>
  docker(second, 'die', {
    attributes: { name: 'web', image: 'bb:1', exitCode: String(code), execDuration: '1' },
    exit: { code, oomKilled, verified: true },
  });
const kernel = (second: number, pid: number, id: string | null = A): KernelOom => ({
  kind: 'kernel-oom',
  host: 'machine',
  time: at(second),
  sequence: pid,
  process: `p${pid}`,
  pid,
  constraint: 'CONSTRAINT_MEMCG',
  ...(id !== null && { cgroup: `/docker/${id}`, limitCgroup: `/docker/${id}`, containerId: id }),
});
const cadvisor = (second: number, pid: number, cgroup = `/docker/${A}`): CadvisorOom => ({
  kind: 'cadvisor-event',
  type: 'oomKill',
  host: 'cadvisor',
  time: at(second - 1),
  receivedAt: at(second),
  cgroup,
  ...(cgroup.includes(A) && { containerId: A }),
  pid,
  process: `p${pid}`,
});
const reading = (second: number, oomKills: number, more: Partial<CgroupOom> = {}): CgroupOom => ({
  kind: 'cgroup-event',
  action: 'oom',
  host: 'machine',
  time: at(second),
  cgroup: `/docker/${A}`,
  containerId: A,
  version: 2,
  oomKills,
  ...more,
});
const gap: Gap = {
  kind: 'gap',
  type: 'gap',
  host: 'engine',
  time: at(9),
  fromTime: at(8),
  toTime: at(9),
  reason: 'history-overrun',
  atLeast: 0,
};

function joined(...records: readonly unknown[]): readonly OomKill[] {
  const kills: OomKill[] = [];
  from(records)
    .pipe(oomKills())
    .subscribe((record) => record.kind === 'oom-kill' && kills.push(record));
  return kills;
}
const briefly = (kills: readonly OomKill[]): readonly string[] =>
  kills.map(({ containerId = '-', process = '-', evidence }) =>
    [containerId[0], process, ...evidence].join(' '),
  );

describe('oomKills', () => {
  const kill = {
    kind: 'oom-kill' as const,
    host: 'engine',
    time: at(10),
    containerId: A,
    name: 'web',
    image: 'bb:1',
  };
  const fromDocker: OomKill = { ...kill, evidence: ['docker-oom'] };
  const fromBoth: OomKill = {
    ...kill,
    time: at(10),
    process: 'p7',
    pid: 7,
    constraint: 'CONSTRAINT_MEMCG',
    cgroup: `/docker/${A}`,
    limitCgroup: `/docker/${A}`,
    evidence: ['kernel', 'docker-oom'],
  };

  it('carries its name, for the runtime to show', () => {
    expect(oomKills().name).to.equal('oomKills');
  });

  it(
    'tells a kill after the time in which more may come, though nothing else ever does',
    marbles(({ hot, expectObservable }) => {
      const records = hot('   -o-k-', { o: oom(10), k: kernel(10, 7) });
      expectObservable(records.pipe(oomKills({ withinMs: 6 }))).toBe('-------b', { b: fromBoth });
    }),
  );

  it(
    'tells each kill at its own time, and what comes after that is no other kill',
    marbles(({ hot, expectObservable }) => {
      const records = hot('-o-p----k-k-|', { o: oom(10), p: oom(20), k: kernel(10, 7) });
      expectObservable(records.pipe(oomKills({ withinMs: 4 }))).toBe('-----o-p----(b|)', {
        o: fromDocker,
        p: { ...fromDocker, time: at(20) },
        // The same words twice are two kills.
        b: { ...fromBoth, host: 'machine', evidence: ['kernel'] },
      });
    }),
  );

  it(
    'tells what waits at completion',
    marbles(({ cold, expectObservable }) => {
      expectObservable(cold('-o-|', { o: oom(10) }).pipe(oomKills())).toBe('---(o|)', { o: fromDocker });
      expectObservable(cold('--|').pipe(oomKills())).toBe('--|');
    }),
  );

  it(
    'passes an error on at once, and waits as long as its source does',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('-o-#', { o: oom(10) }, 'broken');
      expectObservable(source.pipe(oomKills())).toBe('---#', {}, 'broken');
      expectSubscriptions(source.subscriptions).toBe('^--!');
      expectObservable(cold('-').pipe(oomKills())).toBe('-');
    }),
  );

  it(
    'releases its source and its clock when unsubscribed early, and when no more is wanted',
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const early = hot('-o-----|', { o: oom(10) });
      expectObservable(early.pipe(oomKills({ withinMs: 3 })), '---!').toBe('');
      expectSubscriptions(early.subscriptions).toBe('         ^--!');
      const enough = hot('-o-----|', { o: oom(10) });
      expectObservable(enough.pipe(oomKills({ withinMs: 3 }), take(1))).toBe('----(o|)', { o: fromDocker });
      expectSubscriptions(enough.subscriptions).toBe('        ^---!');
      const more = hot('  -op----|', { o: oom(10), p: oom(20) });
      expectObservable(more.pipe(oomKills({ withinMs: 3 }), take(1))).toBe('----(o|)', { o: fromDocker });
    }),
  );

  it(
    'passes gaps at once, and leaves out all that says nothing of kills',
    marbles(({ cold, expectObservable }) => {
      const values = {
        g: gap,
        s: docker(1, 'start'),
        i: docker(1, 'pull', { type: 'image' }),
        n: null,
        t: 'text',
        o: { kind: 'other' },
        c: { ...cadvisor(1, 1), type: 'oom' },
      };
      expectObservable(cold('gsintoc|', values).pipe(oomKills())).toBe('g------|', { g: gap });
    }),
  );

  it('joins what is within reach, and only that', () => {
    expect(briefly(joined(oom(10), kernel(12, 7)))).to.deep.equal(['a p7 kernel docker-oom']);
    expect(briefly(joined(oom(10), kernel(12.1, 7)))).to.deep.equal(['a - docker-oom', 'a p7 kernel']);
    expect(briefly(joined(oom(10), kernel(10, 7, B)))).to.deep.equal(['a - docker-oom', 'b p7 kernel']);
    expect(briefly(joined(cadvisor(10, 8), kernel(10, 7)))).to.deep.equal(['a p8 cadvisor', 'a p7 kernel']);
  });

  it('joins by the process before all else', () => {
    const kills = joined(kernel(10, 7), kernel(10, 8), cadvisor(10, 8, '/'));
    expect(briefly(kills)).to.deep.equal(['a p7 kernel', 'a p8 kernel cadvisor']);
  });

  it('joins a kill without a cgroup with one of any container, and learns which', () => {
    expect(briefly(joined(kernel(10, 7, null), oom(11)))).to.deep.equal(['a p7 kernel docker-oom']);
    expect(briefly(joined(oom(11), kernel(10, 7, null)))).to.deep.equal(['a p7 kernel docker-oom']);
    expect(briefly(joined(kernel(10, 7, null)))).to.deep.equal(['- p7 kernel']);
    // Whose container is told takes its own event, though another came first.
    expect(briefly(joined(oom(10), kernel(9, 7, null), kernel(10, 8)))).to.deep.equal([
      'a p8 kernel docker-oom',
      '- p7 kernel',
    ]);
    // Of several the nearest.
    expect(briefly(joined(kernel(11.4, 7, null), oom(10), oom(11.5, B)))).to.deep.equal([
      'b p7 kernel docker-oom',
      'a - docker-oom',
    ]);
    const kills = joined(kernel(10, 7, null), kernel(10, 8), oom(10));
    expect(briefly(kills)).to.deep.equal(['- p7 kernel', 'a p8 kernel docker-oom']);
  });

  it('infers the container from the kills like it at that moment, where it is one', () => {
    const like = (second: number, pid: number, id: string | null = A): KernelOom => ({
      ...kernel(second, pid, id),
      process: 'tail',
    });
    const inferred = (...records: readonly KernelOom[]): readonly string[] =>
      joined(...records).map(
        ({ containerId = '-', isInferred }) => containerId[0]! + String(isInferred ?? ''),
      );
    expect(inferred(like(10, 1), like(11, 2, null), like(13, 3, null))).to.deep.equal([
      'a',
      'atrue',
      'atrue',
    ]);
    expect(inferred(like(10, 1), like(12.1, 2, null))).to.deep.equal(['a', '-']);
    expect(inferred(like(10, 1), like(11, 2, B), like(11, 3, null))).to.deep.equal(['a', 'b', '-']);
    expect(inferred(like(10, 1), kernel(10, 2, null))).to.deep.equal(['a', '-']);
    // One that ended so comes before one with kills like it.
    const ends = joined(like(10, 1, B), die(11, 137, false), like(10.5, 2, null));
    expect(briefly(ends)).to.deep.equal(['b tail kernel', 'a tail kernel docker-die']);
    expect(ends[1]).to.have.property('isInferred', true);
    // Its container's word at the end is no kill more.
    expect(briefly(joined(like(10, 1), like(10, 2, null), die(60, 137, true)))).to.have.lengthOf(2);
  });

  it('joins no process outside of containers with one in a container', () => {
    const { containerId, ...outside } = { ...kernel(10, 7), cgroup: '/user.slice' };
    expect(containerId).to.equal(A);
    expect(briefly(joined(outside, oom(10)))).to.deep.equal(['- p7 kernel', 'a - docker-oom']);
  });

  it('takes an end by SIGKILL with the flag for a kill where nothing else told of one', () => {
    expect(briefly(joined(docker(1, 'start'), die(10, 137, true)))).to.deep.equal(['a - docker-die']);
    expect(briefly(joined(docker(1, 'start'), oom(5), die(10, 137, true)))).to.deep.equal(['a - docker-oom']);
    expect(briefly(joined(oom(10), die(11, 137, true)))).to.deep.equal(['a - docker-oom docker-die']);
    expect(briefly(joined(die(10, 137, true), oom(10)))).to.deep.equal(['a - docker-oom docker-die']);
    // A child was killed, and podman told nothing of it.
    expect(briefly(joined(docker(1, 'start'), die(10, 0, true)))).to.deep.equal(['a - docker-die']);
  });

  it('takes no end for a kill without the flag, but for evidence of one', () => {
    expect(joined(die(10, 137, false))).to.deep.equal([]);
    expect(briefly(joined(die(10, 137, false), kernel(10, 7)))).to.deep.equal(['a p7 kernel docker-die']);
    expect(briefly(joined(kernel(10, 7), die(10, 137, false)))).to.deep.equal(['a p7 kernel docker-die']);
    expect(briefly(joined(kernel(10, 7), die(10, 1, true)))).to.deep.equal(['a p7 kernel']);
    const { exit, ...unasked } = die(10, 137, false);
    expect(exit).to.have.property('code', 137);
    expect(briefly(joined(kernel(10, 7), unasked))).to.deep.equal(['a p7 kernel docker-die']);
  });

  it('does not take a SIGKILL of the engine for evidence, in this life of the container', () => {
    const stopped = [
      docker(9, 'kill', { attributes: { signal: '15' } }),
      docker(9, 'kill', { attributes: { signal: '9' } }),
    ];
    expect(briefly(joined(kernel(9, 7), ...stopped, die(10, 137, true)))).to.deep.equal(['a p7 kernel']);
    const nextLife = [docker(20, 'start'), kernel(30, 8), die(30, 137, true)];
    expect(briefly(joined(kernel(9, 7), ...stopped, die(10, 137, true), ...nextLife))).to.deep.equal([
      'a p7 kernel',
      'a p8 kernel docker-die',
    ]);
  });

  it('knows one life of a container from the next', () => {
    const lives = [docker(1, 'start'), oom(5), die(5, 137, true), docker(6, 'start'), die(60, 137, true)];
    expect(briefly(joined(...lives))).to.deep.equal(['a - docker-oom docker-die', 'a - docker-die']);
  });

  it('joins a kill with the end of its container, however long that took', () => {
    const ended = [docker(1, 'start'), die(60, 137, true)];
    expect(briefly(joined(...ended, kernel(10, 7)))).to.deep.equal(['a p7 kernel docker-die']);
    expect(briefly(joined(...ended, kernel(10, 7), kernel(11, 8)))).to.have.lengthOf(2);
    expect(briefly(joined(...ended, docker(61, 'start'), kernel(70, 7)))).to.have.lengthOf(2);
  });

  it('counts what memory.events counts, and joins it with all kills since it was read', () => {
    expect(briefly(joined(docker(1, 'start'), reading(60, 3)))).to.deep.equal(
      Array.from({ length: 3 }, () => 'a - memory-events'),
    );
    const kills = joined(docker(1, 'start'), kernel(10, 7), oom(10), kernel(20, 8), reading(60, 3));
    expect(briefly(kills)).to.deep.equal([
      'a p7 kernel docker-oom memory-events',
      'a p8 kernel memory-events',
      'a - memory-events',
    ]);
    expect(briefly(joined(docker(1, 'start'), reading(60, 1), kernel(20, 8)))).to.deep.equal([
      'a p8 kernel memory-events',
    ]);
    expect(briefly(joined(kernel(10, 7, null), reading(11, 1)))).to.deep.equal(['a p7 kernel memory-events']);
  });

  it('counts a reading of a cgroup that stands for others once', () => {
    const below = { cgroup: `/docker/${A}/init` };
    expect(joined(reading(10, 1), reading(10, 1, below))).to.have.lengthOf(1);
    // With v1 each counts its own.
    expect(joined(reading(10, 1, { version: 1 }), reading(10, 1, { version: 1, ...below }))).to.have.lengthOf(
      2,
    );
    const { containerId, ...slice } = reading(10, 1, { cgroup: '/system.slice' });
    expect([containerId, ...joined(slice, reading(10, 1, { action: 'create' }))]).to.deep.equal([A]);
  });

  it('knows what Docker told of the container, whenever', () => {
    const labelled = docker(1, 'start', { attributes: { name: 'db', image: 'pg', tier: 'back' } });
    const own = [
      labelled,
      docker(2, 'rename', { attributes: { name: 'db2', image: 'pg', oldName: '/db', tier: 'back' } }),
    ];
    expect(joined(...own, kernel(10, 7))[0]).to.deep.include({
      name: 'db2',
      image: 'pg',
      labels: { tier: 'back' },
    });
    expect(joined(kernel(10, 7), labelled)[0]).to.include({ name: 'db', host: 'machine' });
    expect(joined(kernel(10, 7))[0]).to.not.have.any.keys('name', 'image', 'labels', 'simulated');
  });

  it('says what the simulated engine said', () => {
    expect(joined(docker(1, 'oom', { simulated: true }))[0]).to.have.property('simulated', true);
  });

  it('is bounded: of more than 1,024 kills the oldest do not wait', () => {
    const kills: unknown[] = [];
    const records = new Subject<KernelOom>();
    const reading = records.pipe(oomKills()).subscribe((record) => kills.push(record));
    for (let pid = 1; pid <= 1_030; pid += 1) records.next(kernel(10, pid));
    expect(kills).to.have.lengthOf(6);
    records.complete();
    expect(kills).to.have.lengthOf(1_030);
    expect(reading.closed).to.equal(true);
  });

  it('forgets in a checkpoint neither what waits, nor what it told, nor names', async () => {
    let kept: Json | undefined;
    const store: CheckpointStore = {
      place: 'memory',
      load: () => Promise.resolve(kept),
      save: (state) => Promise.resolve(void (kept = JSON.parse(JSON.stringify(state)) as Json)),
      close: () => Promise.resolve(),
    };
    const life = async (records: readonly unknown[], end: 'crash' | 'stop'): Promise<readonly OomKill[]> => {
      const kills: OomKill[] = [];
      const checkpoints = await openCheckpoints(store, new Map());
      const stream = new Subject<unknown>();
      const reading = checkpoints.within(() =>
        stream.pipe(oomKills()).subscribe((record) => record.kind === 'oom-kill' && kills.push(record)),
      );
      for (const record of records) stream.next(record);
      if (end === 'stop') stream.complete();
      await checkpoints.take();
      reading.unsubscribe();
      return kills;
    };
    expect(await life([docker(1, 'start'), oom(10)], 'crash')).to.deep.equal([]);
    const told = await life([kernel(10, 7)], 'stop');
    expect(told).to.deep.equal([fromBoth]);
    expect(await life([cadvisor(10, 7), die(11, 137, true), reading(11, 1)], 'stop')).to.deep.equal([]);
    expect(briefly(await life([cadvisor(30, 8)], 'stop'))).to.deep.equal(['a p8 cadvisor']);
  });

  it('accounts for every record', async () => {
    const records = new Subject<unknown>();
    const run = runPipeline(pipeline('oom', records, oomKills(), sinkOf<unknown>()));
    const counters = (): unknown => {
      const { received, added, delivered, aggregated, filtered, inFlight } = run.stages()[1]!;
      return { received, added, delivered, aggregated, filtered, inFlight };
    };
    for (const record of [docker(1, 'start'), oom(10), kernel(10, 7), reading(11, 4), gap])
      records.next(record);
    const before = { received: 5, added: 2, aggregated: 1, filtered: 1 };
    expect(counters()).to.deep.equal({ ...before, delivered: 1, inFlight: 4 });
    records.complete();
    const { stages, abandoned } = await run.done;
    expect(counters()).to.deep.equal({ ...before, delivered: 5, inFlight: 0 });
    expect([audit(stages), abandoned]).to.deep.equal([[], 0]);
  });

  it('refuses options that cannot be', () => {
    expect(() => oomKills({ withinMs: 0 })).to.throw(
      PipelineError,
      'oomKills: withinMs must be a number above 0, not 0',
    );
  });
});
