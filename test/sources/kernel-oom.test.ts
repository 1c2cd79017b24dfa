import { expect } from 'chai';
import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { take } from 'rxjs';
import { traitsOf } from '../../src/core/define-source.ts';
import { PipelineError } from '../../src/core/errors.ts';
import type { Json, Source } from '../../src/core/types.ts';
import type { Gap } from '../../src/records/gap.ts';
import type { KernelOom } from '../../src/records/kernel-oom.ts';
import { kernelOom } from '../../src/sources/kernel-oom.ts';
import { kernelClock, type Anchor } from '../../src/sources/kernel-oom/kernel-clock.ts';
import { sourceContract } from '../contracts/source-contract.ts';
import { becomes, hear, stopHearing, type Hearing } from './hear.ts';

const A = 'a'.repeat(64);
type Record = KernelOom | Gap;

let folder = '';
let path = '';
/** What the log has had so far, and its next number. */
let log = '';
let sequence = 0;

const setUp = (): void => {
  folder = mkdtempSync(join(tmpdir(), 'dockrx-kmsg-'));
  path = join(folder, 'kmsg');
  log = '';
  sequence = 0;
  writeFileSync(path, '');
};
const tearDown = (): void => rmSync(folder, { recursive: true });

const uptimeUsec = (): number => Math.round(Number(process.hrtime.bigint() / 1_000n));

/** Appends records of these texts, as the kernel numbers them. */
function write(...texts: readonly string[]): void {
  const lines = texts.map((text) => {
    sequence += 1;
    return `4,${sequence},${uptimeUsec()},-;${text}\n SUBSYSTEM=net\n`;
  });
  log += lines.join('');
  appendFileSync(path, lines.join(''));
}
const report = (pid: number): string =>
  `oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=x,mems_allowed=0,oom_memcg=/docker/${A},task_memcg=/docker/${A},task=p${pid},pid=${pid},uid=0`;
const killed = (pid: number): string =>
  `Memory cgroup out of memory: Killed process ${pid} (p${pid}) total-vm:1kB, anon-rss:1kB`;
const kill = (pid: number): void => write('eth0: renamed from veth12c75d2', report(pid), killed(pid));

const pids = ({ records }: Hearing<Record>): readonly (number | string)[] =>
  records.map((record) => (record.kind === 'gap' ? record.reason : record.pid));
const reading = (heard: Hearing<Record>): Promise<void> =>
  heard.until(({ facts }) => facts.some(({ type }) => type === 'connected'));
/** How many read the log and have come to its end. */
const atEnd = (): number =>
  readdirSync('/proc/self/fd').filter((file) => {
    try {
      if (!readlinkSync(`/proc/self/fd/${file}`).startsWith(path)) return false;
      const position = /^pos:\s*(\d+)/.exec(readFileSync(`/proc/self/fdinfo/${file}`, 'utf8'))?.[1];
      return !existsSync(path) || Number(position) === statSync(path).size;
    } catch {
      return false;
    }
  }).length;

/** A source that has begun: what the log had before is passed over. */
async function begun(): Promise<Source<Record>> {
  const source = kernelOom({ path, host: 'h' });
  write('before');
  const heard = hear(source);
  await becomes(() => atEnd() === 1);
  heard.stop();
  return source;
}

let happened = 0;
sourceContract(
  'kernelOom',
  () => {
    setUp();
    write('the kernel began');
    return Promise.resolve({
      make: () => kernelOom({ path }),
      makeRefused: () => kernelOom({ path: folder }),
      happen: () => {
        happened += 1;
        kill(happened);
        return Promise.resolve();
      },
      served: atEnd,
      goAway: async () => rm(path),
      comeBack: async () => writeFile(path, log),
    });
  },
  () => rm(folder, { recursive: true }),
  (record) => ((record as Record).kind === 'kernel-oom' ? String((record as KernelOom).sequence) : undefined),
);

describe('kernelOom', () => {
  beforeEach(setUp);
  afterEach(() => {
    stopHearing();
    tearDown();
  });

  it('tells what happens from its beginning on, and nothing of before', async () => {
    kill(1);
    const heard = hear(kernelOom({ path, host: 'h' }));
    await becomes(() => atEnd() === 1);
    const before = Date.now();
    kill(2);
    await heard.until(({ records }) => records.length > 0);
    const [first] = heard.records;
    expect(first).to.deep.include({
      kind: 'kernel-oom',
      host: 'h',
      sequence: 6,
      process: 'p2',
      pid: 2,
      cgroup: `/docker/${A}`,
      containerId: A,
    });
    expect(Date.parse(first!.time)).to.be.within(before - 1_000, Date.now());
    expect(heard.counts).to.include({ received: 6, filtered: 5 });
  });

  it('goes on behind the last record, also in the middle of a report, and in a later run', async () => {
    const source = await begun();
    const first = hear(source);
    await reading(first);
    write(report(1));
    await becomes(() => first.counts.received - first.counts.deduplicated === 1);
    first.stop();
    const kept = JSON.parse(JSON.stringify(traitsOf(source).cursor!.read())) as Json;
    write(killed(1));
    kill(2);
    const later = kernelOom({ path, host: 'h' });
    traitsOf(later).cursor!.restore(kept);
    for (const each of [source, later]) {
      const heard = hear(each);
      await heard.until(({ records }) => records.length === 2);
      expect(pids(heard)).to.deep.equal([1, 2]);
      expect(heard.records[0]).to.have.property('containerId', A);
      heard.stop();
    }
  });

  it('tells a gap where the kernel had overwritten records', async () => {
    const source = await begun();
    sequence += 7;
    writeFileSync(path, '');
    kill(1);
    const heard = hear(source);
    await heard.until(({ records }) => records.length === 2);
    expect(pids(heard)).to.deep.equal(['log-overrun', 1]);
    const [gap] = heard.records as [Gap];
    expect(gap).to.include({ kind: 'gap', type: 'gap', host: 'h', atLeast: 0, time: gap.toTime });
    expect(Date.parse(gap.toTime)).to.be.at.least(Date.parse(gap.fromTime));
    expect(heard.facts.at(-1)).to.deep.equal({
      type: 'notice',
      message: `${path} had overwritten 7 records before they were read`,
    });
    kill(2);
    await heard.until(({ records }) => records.length === 3);
    expect(heard.counts.added).to.equal(1);
  });

  it('loses no kill behind a gap, whoever takes only the gap', async () => {
    const source = await begun();
    sequence += 7;
    write(killed(1));
    const only: Record[] = [];
    await new Promise<void>((resolve) => {
      source.pipe(take(1)).subscribe({ next: (record) => only.push(record), complete: resolve });
    });
    expect(only.map(({ kind }) => kind)).to.deep.equal(['gap']);
    const heard = hear(source);
    await heard.until(({ records }) => records.length === 1);
    expect(pids(heard)).to.deep.equal([1]);
  });

  it('begins anew in another boot, behind a gap', async () => {
    const source = kernelOom({ path, host: 'h' });
    traitsOf(source).cursor!.restore({
      boot: 'another',
      sequence: 5_000,
      usec: 9,
      time: '2026-11-27T10:00:00.000Z',
    });
    kill(1);
    const heard = hear(source);
    await heard.until(({ records }) => records.length === 2);
    expect(pids(heard)).to.deep.equal(['rebooted', 1]);
    expect(heard.records[0]).to.have.property('fromTime', '2026-11-27T10:00:00.000Z');
    kill(2);
    await heard.until(({ records }) => records.length === 3);
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    expect(traitsOf(source).cursor!.read()).to.include({ boot, sequence: 6 });
  });

  it('refuses a place that is none', () => {
    const { cursor } = traitsOf(kernelOom({ path }));
    expect(cursor!.read()).to.equal(undefined);
    for (const kept of [null, {}, { boot: 'b', sequence: 1, usec: 'x', time: 't' }])
      expect(() => cursor!.restore(kept)).to.throw(PipelineError, 'not the place of such a source');
  });

  it('rejects what is no record, and what is too long', async () => {
    const source = await begun();
    appendFileSync(path, `nonsense\n4,9,${'9'.repeat(100_000)}\n`);
    kill(1);
    const heard = hear(source);
    await heard.until(({ records }) => records.length === 1);
    expect(heard.facts.filter(({ type }) => type === 'rejected')).to.deep.equal([
      { type: 'rejected', reason: 'not-a-record', count: 1 },
      { type: 'rejected', reason: 'too-long', count: 1 },
    ]);
  });

  it('reads a record that comes in parts', async () => {
    const heard = hear(await begun());
    await reading(heard);
    const line = `3,${sequence + 1},${uptimeUsec()},-;${killed(1)}\n`;
    appendFileSync(path, line.slice(0, 40));
    await becomes(() => atEnd() === 1);
    appendFileSync(path, line.slice(40));
    await heard.until(({ records }) => records.length === 1);
    expect(pids(heard)).to.deep.equal([1]);
  });

  it('lets other work have its turn while it reads much', async () => {
    const source = await begun();
    write(...Array.from({ length: 20_000 }, (_, i) => `line ${i} ${'x'.repeat(300)}`));
    kill(1);
    const heard = hear(source);
    let turns = 0;
    const turn = (): void => {
      turns += 1;
      if (heard.records.length === 0) setImmediate(turn);
    };
    turn();
    await heard.until(({ records }) => records.length === 1);
    expect(turns).to.be.greaterThan(2);
  });

  it('says what to do where there is no log, or does without', async () => {
    const none = join(folder, 'none');
    const failed = await hear(kernelOom({ path: none })).failure;
    expect((failed as Error).message).to.equal(
      `kernelOom: there is no ${none}: a container needs --device ${none} --cap-add SYSLOG; or do without, by optional: true`,
    );
    const without = hear(kernelOom({ path: none, optional: true }));
    await without.end;
    expect(without.facts).to.deep.equal([
      { type: 'notice', message: `does without ${none}, which it may not read (ENOENT)` },
    ]);
  });

  it('fails also where it is optional, once it is read and goes away', async () => {
    const heard = hear(kernelOom({ path, optional: true }));
    await reading(heard);
    rmSync(path);
    expect(await heard.failure).to.have.property('code', 'SOURCE_UNAVAILABLE');
    expect((heard.error as Error).message).to.equal(`kernelOom: cannot read ${path}: it was removed`);
  });

  it('says who may read the real one', async function () {
    const restricted = '/proc/sys/kernel/dmesg_restrict';
    if (
      !existsSync('/dev/kmsg') ||
      readFileSync(restricted, 'utf8').trim() !== '1' ||
      process.getuid?.() !== 0
    )
      return this.skip();
    process.seteuid!(65_534);
    const heard = [hear(kernelOom()), hear(kernelOom({ optional: true }))] as const;
    const ended = Promise.all([heard[0].failure, heard[1].end]).finally(() => process.seteuid!(0));
    const failed = (await ended)[0] as PipelineError;
    expect(failed.code).to.equal('SOURCE_REFUSED');
    expect(failed.message).to.equal(
      'kernelOom: may not read /dev/kmsg (EPERM): run as root or with CAP_SYSLOG, a container with --device /dev/kmsg --cap-add SYSLOG; or do without, by optional: true',
    );
    expect(heard[1].facts).to.have.lengthOf(1);
  });

  it('reads the real one, to its end and without blocking', async function () {
    if (!existsSync('/dev/kmsg') || process.getuid?.() !== 0) return this.skip();
    const source = kernelOom();
    const { cursor } = traitsOf(source);
    const heard = hear(source);
    while (cursor!.read() === undefined) await new Promise(setImmediate);
    expect(heard.counts.received).to.be.greaterThan(0);
    expect(heard.facts.map(({ type }) => type)).to.deep.equal(['connected']);
  });

  it('refuses options that cannot be', () => {
    expect(() => kernelOom({ path: 5 } as never)).to.throw(
      PipelineError,
      'kernelOom: path must be a text, not 5',
    );
  });
});

describe('the time of a kernel record', () => {
  const clocks = (wallMs: number, sinceBootMs: number, anchor?: Anchor) => {
    const now = { wallMs, sinceBootMs };
    return { now, clock: kernelClock(anchor, { wall: () => now.wallMs, sinceBoot: () => now.sinceBootMs }) };
  };

  it('is that of its stamp where it was written before we looked, and never in the future', () => {
    const { clock } = clocks(1_000_000, 500_000);
    expect(clock.timeOf(400_000_000)).to.equal(900_000);
    expect(clock.timeOf(501_000_000)).to.equal(1_000_000);
  });

  it('is after the moment at which there was no more to read', () => {
    const { now, clock } = clocks(1_000_000, 500_000);
    clock.atEnd();
    Object.assign(now, { wallMs: 1_000_100, sinceBootMs: 500_100 });
    // The kernel's own clock is five seconds late.
    expect(clock.timeOf(495_050_000)).to.equal(1_000_000);
    expect(clock.timeOf(495_060_000)).to.equal(1_000_010);
    expect(clock.timeOf(500_050_000)).to.equal(1_000_100);
  });

  it('is as far from that of one read live as their stamps are, also in a later run', () => {
    // An hour ago a record was read live; since boot the kernel's clock has lost a minute.
    const { clock } = clocks(9_000_000, 8_000_000, { usec: 4_340_000_000, ms: 5_400_000 });
    expect(clock.timeOf(4_350_000_000)).to.equal(5_410_000);
    expect(clock.timeOf(4_330_000_000)).to.equal(5_390_000);
  });

  it('is now where the clock was set back', () => {
    const { now, clock } = clocks(1_000_000, 500_000);
    clock.atEnd();
    Object.assign(now, { wallMs: 900_000, sinceBootMs: 500_100 });
    expect(clock.timeOf(500_050_000)).to.equal(900_000);
  });
});
