import { expect } from 'chai';
import { parseKernelRecord } from '../../src/records/kernel-record.ts';
import { kernelOomReader, type KernelKill } from '../../src/records/parse-kernel-oom.ts';
import { capturedLines } from '../captures.ts';

const A = 'a'.repeat(64);
const B = 'b'.repeat(64);
const C = 'c'.repeat(64);
const D = 'd'.repeat(64);
const POD = '/kubepods/burstable/pod11111111-2222-3333-4444-555555555555';

function killsIn(lines: readonly string[]): readonly KernelKill[] {
  const read = kernelOomReader();
  return lines.flatMap((line) => read(parseKernelRecord(line)) ?? []);
}

/** Records of the kernel, a line each, in a report of the same thread unless told. */
const kernel = (...texts: readonly string[]): readonly string[] =>
  texts.map((text, i) => `4,${100 + i},${1_000_000 + i},-;${text}`);

const report = (id: string, process: string, pid: number): string =>
  `oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=x,mems_allowed=0,oom_memcg=/docker/${id},task_memcg=/docker/${id},task=${process},pid=${pid},uid=0`;
const killed = (process: string, pid: number): string =>
  `Memory cgroup out of memory: Killed process ${pid} (${process}) total-vm:1kB, anon-rss:1kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:84kB oom_score_adj:0`;
const briefly = (kills: readonly KernelKill[]): readonly (readonly unknown[])[] =>
  kills.map(({ pid, process, containerId, group }) => [pid, process, containerId?.[0], group]);

/** What is true of the cases of the fixture, by their numbers. */
const memcg = (pid: number, process: string, cgroup: string, containerId: string, limitCgroup = cgroup) => ({
  pid,
  process,
  constraint: 'CONSTRAINT_MEMCG',
  cgroup,
  limitCgroup,
  containerId,
});
const TRUE: Readonly<Record<string, readonly object[]>> = {
  '01-memcg-kernel5': [
    {
      ...memcg(101, 'c01', `/docker/${A}`, A),
      uid: 0,
      sequence: 1004,
      totalVmBytes: 1024,
      anonRssBytes: 1024,
      fileRssBytes: 0,
      shmemRssBytes: 0,
    },
  ],
  '02-global-oom-victim-in-container': [
    {
      pid: 102,
      process: 'c02',
      uid: 0,
      constraint: 'CONSTRAINT_NONE',
      cgroup: `/docker/${A}`,
      containerId: A,
      sequence: 1007,
      totalVmBytes: 1024,
      anonRssBytes: 1024,
      fileRssBytes: 0,
      shmemRssBytes: 0,
    },
  ],
  '03-odd-process-name': [
    { ...memcg(103, 'c03 (w),pid=x y', `/docker/${A}`, A), uid: 0, sequence: 1010, totalVmBytes: 1024 },
  ],
  '04-oom-group': [
    { ...memcg(104, 'c04', `/docker/${A}`, A), uid: 0, sequence: 1013, totalVmBytes: 1024 },
    { ...memcg(1041, 'c04b', `/docker/${A}`, A), group: true, sequence: 1015, totalVmBytes: 1024 },
    { ...memcg(1042, 'c04c', `/docker/${A}`, A), group: true, sequence: 1016, totalVmBytes: 1024 },
  ],
  '05-two-headers-interleaved': [
    { ...memcg(105, 'c05', `/docker/${A}`, A), uid: 0, sequence: 1020, totalVmBytes: 1024 },
    { ...memcg(1051, 'c05y', `/docker/${B}`, B), uid: 0, sequence: 1022, totalVmBytes: 1024 },
  ],
  '06-legacy-kernel4': [
    { ...memcg(106, 'c06', `${POD}/${C}`, C, POD), sequence: 1026, totalVmBytes: 1024, anonRssBytes: 1024 },
  ],
  '07-k8s-pod-limit': [
    { ...memcg(107, 'c07', `${POD}/${C}`, C, POD), uid: 0, sequence: 1029, totalVmBytes: 1024 },
  ],
  '08-systemd-scope': [
    {
      ...memcg(108, 'c08', `/system.slice/docker-${D}.scope`, D),
      uid: 0,
      sequence: 1032,
      totalVmBytes: 1024,
    },
  ],
  // No report: the line itself says that a cgroup's limit was hit, and not which.
  '09-ratelimited-no-header': [
    { pid: 109, process: 'c09', constraint: 'CONSTRAINT_MEMCG', sequence: 1033, totalVmBytes: 1024 },
  ],
  '10-no-killable': [],
  '11-memcg-after-stuck': [
    { ...memcg(111, 'c11', `/docker/${B}`, B), uid: 0, sequence: 1039, totalVmBytes: 1024 },
  ],
  '12-cgroupv2-nested-in-container': [
    {
      ...memcg(112, 'c12', `/docker/${A}/init/sub`, A, `/docker/${A}/init`),
      uid: 1000,
      sequence: 1042,
      totalVmBytes: 1024,
    },
  ],
  '13-same-line-dup-timestamps': [
    { ...memcg(113, 'c13', `/docker/${A}`, A), uid: 0, sequence: 1045, totalVmBytes: 1024 },
  ],
};

describe('the reader of OOM kills in a kernel log', () => {
  const cases = new Map<string, string[]>();
  for (const line of capturedLines('kernel-oom/cases.txt')) {
    if (line.startsWith('# ')) cases.set(line.slice(2), []);
    else [...cases.values()].at(-1)!.push(line);
  }

  it('knows all cases', () => {
    expect([...cases.keys()]).to.deep.equal(Object.keys(TRUE));
  });
  for (const [name, lines] of cases)
    it(`tells what is true of ${name}`, () => {
      expect(killsIn(lines)).to.deep.equal(TRUE[name]);
    });

  it('tells the same of all cases in one log', () => {
    expect(killsIn([...cases.values()].flat())).to.deep.equal(Object.values(TRUE).flat());
  });

  it('tells reports that are mixed line by line, by the process, whoever wrote them', () => {
    const lines = [
      report(A, 'one', 1),
      report(B, 'two', 2),
      killed('two', 2),
      'oom_reaper: reaped process 2 (two), now anon-rss:0kB, file-rss:0kB, shmem-rss:0kB',
      killed('one', 1),
    ];
    expect(briefly(killsIn(kernel(...lines)))).to.deep.equal([
      [2, 'two', 'b', undefined],
      [1, 'one', 'a', undefined],
    ]);
  });

  it('tells reports of old kernels apart by the thread that writes, where the kernel says it', () => {
    const of = (thread: number, text: string): string => `4,${thread},5,-,caller=T${thread};${text}`;
    const task = (id: string): string => `Task in /docker/${id} killed as a result of limit of /docker/${id}`;
    const kills = killsIn([
      of(7, task(A)),
      of(8, task(B)),
      of(8, 'Killed process 2 (two) total-vm:1kB, anon-rss:1kB'),
      of(7, 'Killed process 1 (one) total-vm:1kB, anon-rss:1kB'),
    ]);
    expect(briefly(kills)).to.deep.equal([
      [2, 'two', 'b', undefined],
      [1, 'one', 'a', undefined],
    ]);
  });

  it('reads a report that another line has cut in two', () => {
    const whole = report(A, 'one', 1);
    const at = whole.indexOf(',oom_memcg');
    const lines = [
      `4,1,5,-;${whole.slice(0, at)}`,
      '6,2,5,-;eth0: renamed from veth12c75d2',
      `4,3,5,c;${whole.slice(at)}`,
      `3,4,5,-;${killed('one', 1)}`,
    ];
    expect(briefly(killsIn(lines))).to.deep.equal([[1, 'one', 'a', undefined]]);
  });

  it('takes no kill of later, or of another report, for one of a group', () => {
    const group = `Tasks in /docker/${A} are going to be killed due to memory.oom.group set`;
    const begin = [report(A, 'one', 1), killed('one', 1), group, killed('two', 2)];
    const later = `3,200,9000000,-;${killed('three', 3)}`;
    expect(briefly(killsIn([...kernel(...begin), later])).at(-1)).to.deep.equal([
      3,
      'three',
      undefined,
      undefined,
    ]);
    const other = kernel(
      ...begin,
      'x invoked oom-killer: gfp_mask=0x1',
      report(B, 'four', 4),
      killed('four', 4),
    );
    expect(briefly(killsIn(other)).at(-1)).to.deep.equal([4, 'four', 'b', undefined]);
  });

  it('tells the first process of a group once more, as the kernel counts it', () => {
    const group = `Tasks in /docker/${A} are going to be killed due to memory.oom.group set`;
    const kills = killsIn(kernel(report(A, 'one', 1), killed('one', 1), group, killed('one', 1)));
    expect(briefly(kills)).to.deep.equal([
      [1, 'one', 'a', undefined],
      [1, 'one', 'a', true],
    ]);
  });

  it('does not believe programs, and takes no report of one process for that of another', () => {
    const [one, two] = kernel(report(A, 'one', 1), killed('one', 1)) as [string, string];
    const forged = (line: string): string => line.replace(/^4/, '12');
    expect(killsIn([forged(one), forged(two)])).to.deep.equal([]);
    expect(killsIn([forged(one), two])[0]).to.not.have.property('cgroup');
    expect(killsIn(kernel(report(A, 'one', 1), killed('other', 1)))[0]).to.not.have.property('cgroup');
  });

  it('reads the lines of other kernels', () => {
    const lines = [
      'Killed process 3456 (java), UID 1000, total-vm:2048kB, anon-rss:1kB, file-rss:0kB, shmem-rss:0kB',
      'Killed process 7, UID 33, (php (fpm)) total-vm:1kB, anon-rss:1kB, file-rss:0kB',
      'Out of memory (oom_kill_allocating_task): Killed process 8 (a) total-vm:1kB) total-vm:2kB, anon-rss:1kB',
    ];
    expect(
      killsIn(kernel(...lines)).map(({ pid, uid, process, totalVmBytes }) => [
        pid,
        uid,
        process,
        totalVmBytes,
      ]),
    ).to.deep.equal([
      [3456, 1000, 'java', 2_097_152],
      [7, 33, 'php (fpm)', 1024],
      [8, undefined, 'a) total-vm:1kB', 2048],
    ]);
  });

  it('is bounded, whatever the log says', () => {
    const read = kernelOomReader();
    for (let i = 0; i < 100_000; i += 1)
      read(parseKernelRecord(`4,${i},5,-,caller=T${i};${report(A, 'never-killed', i)}`));
    for (let i = 0; i < 1_000; i += 1) {
      read(parseKernelRecord('4,1,5,-;oom-kill:constraint=CONSTRAINT_MEMCG'));
      read(parseKernelRecord(`4,1,5,c;,${'x'.repeat(20_000)}`));
    }
    const kill = read(parseKernelRecord(`3,1,5,-;${killed('never-killed', 99_999)}`));
    expect(kill).to.have.property('containerId', A);
    expect(read(parseKernelRecord(`3,1,5,-;${killed('never-killed', 5)}`))).to.not.have.property('cgroup');
  });
});

describe('a record of the kernel log', () => {
  it('is read with all its fields', () => {
    expect(parseKernelRecord('30,7,123,c,caller=C1;a;b, c')).to.deep.equal({
      sequence: 7,
      usec: 123,
      isForeign: true,
      continues: true,
      caller: 'C1',
      text: 'a;b, c',
    });
  });

  it('has the bytes that the kernel writes in digits', () => {
    expect(parseKernelRecord('3,1,1,-;gr\\xc3\\xb6\\xc3\\x9fe\\x0a\\x5c').text).to.equal('größe\n\\');
  });

  for (const line of ['', 'text', '3,1,1,-', '3,1,x,-;text', ' SUBSYSTEM=net'])
    it(`is not ${JSON.stringify(line)}`, () => {
      expect(() => parseKernelRecord(line)).to.throw(TypeError, 'not a record');
    });
});
