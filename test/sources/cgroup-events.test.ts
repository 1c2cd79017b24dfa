import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { traitsOf } from '../../src/core/define-source.ts';
import type { Json, Source } from '../../src/core/types.ts';
import type { CgroupEvent } from '../../src/records/cgroup-event.ts';
import { cgroupEvents, type CgroupEventsOptions } from '../../src/sources/cgroup-events.ts';
import { capturedLines } from '../captures.ts';
import { sourceContract } from '../contracts/source-contract.ts';
import { cgroupTree, type CgroupTree, type Layout } from './cgroup-tree.ts';
import { hear, type Hearing, stopHearing } from './hear.ts';

const idOf = (n: number): string => n.toString(16).padStart(64, '0');
const [ONE, TWO, THREE] = [`/docker/${idOf(1)}`, `/docker/${idOf(2)}`, `/docker/${idOf(3)}`] as const;
const DAYS = 86_400_000;

describe('cgroupEvents', () => {
  let tree: CgroupTree;
  const start = (layout: Layout, ...cgroups: string[]): void => {
    tree = cgroupTree(layout);
    for (const cgroup of cgroups) tree.make(cgroup);
  };
  // What inotify tells is not helped by a look at everything.
  const source = (options: CgroupEventsOptions = {}): Source<CgroupEvent> =>
    cgroupEvents({ root: tree.root, rescanMs: DAYS, ...options });
  afterEach(() => {
    stopHearing();
    tree.clear();
  });
  const told = ({ records }: Hearing<CgroupEvent>): readonly string[] =>
    records.map(({ action, cgroup, oomKills }) => [action, cgroup, oomKills].filter(Boolean).join(' '));
  const tells = (heard: Hearing<CgroupEvent>, ...lines: string[]): Promise<void> =>
    heard.until(() => lines.every((line) => told(heard).includes(line)));
  const place = (of: Source<CgroupEvent>): Json => traitsOf(of).cursor!.read()!;

  for (const engine of [
    'docker-26.1-cgroupv2',
    'docker-28.5-cgroupv2',
    'docker-28.5-cgroupv2-cgroupfs',
    'podman-5.8-cgroupv2',
  ])
    it(`finds the containers that ran, as laid out by ${engine}`, async () => {
      const listed = JSON.parse(
        capturedLines(`docker-cgroupv2/containers-json-all.${engine}.json`).join('\n'),
      ) as readonly { readonly Id: string; readonly State: string }[];
      const ran = listed.filter(({ State }) => ['running', 'paused'].includes(State)).map(({ Id }) => Id);
      start(
        'v2',
        ...capturedLines(`docker-cgroupv2/cgroup-layout.${engine}.txt`).filter((line) => line !== '/'),
      );
      const heard = hear(source());
      await heard.until(({ records }) => records.length === ran.length + 1);
      tree.make('/last');
      tree.make(`/last/${idOf(9)}`);
      await heard.until(({ records }) => records.some(({ containerId }) => containerId === idOf(9)));
      const ids = heard.records.flatMap(({ containerId }) => containerId ?? []);
      expect(ids.sort()).to.deep.equal([...ran, idOf(9)].sort());
    });

  it('tells what it is and when', async () => {
    start('v2', ONE);
    const before = Date.now();
    const heard = hear(source());
    await tells(heard, `create ${ONE}`);
    tree.make(TWO);
    await tells(heard, `create ${TWO}`);
    tree.remove(TWO);
    await tells(heard, `destroy ${TWO}`);
    const [root, one, two, gone] = heard.records;
    expect(root).to.deep.include({ kind: 'cgroup-event', host: hostname(), cgroup: '/', version: 2 });
    expect(root).to.not.have.any.keys('containerId', 'oomKills');
    expect(one).to.deep.include({ action: 'create', containerId: idOf(1), cgroup: ONE });
    for (const { time } of heard.records) expect(time).to.match(/^20\d\d-\d\d-\d\dT[\d:.]+Z$/);
    // A file system's clock may be some milliseconds behind.
    expect(Date.parse(one!.time)).to.be.at.most(before);
    expect(Date.parse(two!.time)).to.be.within(before - 20, Date.now());
    expect(Date.parse(gone!.time)).to.be.within(before, Date.now());
  });

  for (const [layout, version] of [
    ['v1', 1],
    ['v2', 2],
    ['hybrid', 1],
    ['hybrid with memory in v2', 2],
    ['v1 without memory', 1],
  ] as const)
    it(`follows ${layout}`, async () => {
      start(layout, ONE);
      const heard = hear(source());
      await tells(heard, `create ${ONE}`);
      tree.make(TWO);
      await tells(heard, `create ${TWO}`);
      tree.remove('/docker');
      await tells(heard, `destroy ${ONE}`, `destroy ${TWO}`);
      expect(new Set(heard.records.map((record) => record.version))).to.deep.equal(new Set([version]));
      expect(heard.facts).to.have.lengthOf(1);
    });

  it('follows what is made inside of new directories, as deep as it goes', async () => {
    start('v1');
    const heard = hear(source());
    await tells(heard, 'create /');
    const deep = `/kubepods/burstable/pod1/${idOf(4)}`;
    tree.make(deep);
    await tells(heard, `create ${deep}`);
    const inner = `${deep}/docker/${idOf(5)}`;
    tree.make(inner);
    await tells(heard, `create ${inner}`);
    tree.remove('/kubepods');
    await tells(heard, `destroy ${inner}`, `destroy ${deep}`);
  });

  it('tells a container that is made anew in the same place', async () => {
    start('v2', ONE);
    const heard = hear(source());
    await tells(heard, `create ${ONE}`);
    tree.replace(ONE);
    await heard.until(({ records }) => records.length === 4);
    expect(told(heard).slice(1)).to.deep.equal([`create ${ONE}`, `destroy ${ONE}`, `create ${ONE}`]);
  });

  it('tells only containers and the root, or all', async () => {
    start('v2', `/system.slice/docker.service`, `${ONE}/init`);
    const few = hear(source());
    const all = hear(source({ all: true }));
    await tells(few, `create ${ONE}`);
    await tells(all, 'create /system.slice', 'create /system.slice/docker.service', `create ${ONE}/init`);
    expect(told(few)).to.deep.equal(['create /', `create ${ONE}`]);
    expect(all.records.find(({ cgroup }) => cgroup === `${ONE}/init`)).to.include({ containerId: idOf(1) });
  });

  describe('counts OOM kills', () => {
    for (const layout of ['v1', 'v2'] as const)
      it(`from when it sees a container (${layout})`, async () => {
        start(layout);
        tree.make(ONE, 5);
        const heard = hear(source());
        await tells(heard, `create ${ONE}`);
        tree.make(TWO, 1);
        await tells(heard, `oom ${TWO} 1`);
        tree.kill(ONE, 7);
        await tells(heard, `oom ${ONE} 2`);
        tree.kill(ONE, 8);
        await tells(heard, `oom ${ONE} 1`);
        expect(told(heard).filter((line) => line.startsWith('oom'))).to.have.lengthOf(3);
        expect(heard.records.at(-1)).to.include({ action: 'oom', containerId: idOf(1), oomKills: 1 });
      });

    it('of processes in a cgroup below the container, where the kernel counts them (v1)', async () => {
      start('v1', ONE, `${ONE}/init`);
      const heard = hear(source());
      await tells(heard, `create ${ONE}`);
      tree.make(`${ONE}/worker`);
      tree.kill(`${ONE}/worker`, 2);
      await tells(heard, `oom ${ONE}/worker 2`);
      expect(heard.records.at(-1)).to.include({ containerId: idOf(1) });
      tree.remove(`${ONE}/worker`);
      tree.remove(ONE);
      await tells(heard, `destroy ${ONE}`);
      expect(told(heard)).to.not.include(`destroy ${ONE}/worker`);
    });

    it('also while nobody listens', async () => {
      start('v2', ONE);
      const again = source();
      const first = hear(again);
      await tells(first, `create ${ONE}`);
      first.stop();
      tree.kill(ONE, 3);
      const second = hear(again);
      await tells(second, `oom ${ONE} 3`);
      expect(told(second)).to.deep.equal([`oom ${ONE} 3`]);
    });
  });

  describe('goes on in a later run', () => {
    const later = (from: Json): Hearing<CgroupEvent> => {
      const next = source();
      // As a checkpoint keeps it.
      traitsOf(next).cursor!.restore(JSON.parse(JSON.stringify(from)) as Json);
      return hear(next);
    };
    const firstRun = async (): Promise<Json> => {
      const first = source();
      const heard = hear(first);
      await tells(heard, `create ${ONE}`, `create ${TWO}`);
      tree.kill(ONE, 1);
      await tells(heard, `oom ${ONE} 1`);
      const kept = place(first);
      heard.stop();
      return kept;
    };

    it('with what differs, once', async () => {
      start('v2', ONE, TWO);
      const kept = await firstRun();
      tree.kill(ONE, 3);
      tree.remove(TWO);
      tree.make(THREE, 1);
      const second = later(kept);
      await tells(second, `oom ${ONE} 2`, `destroy ${TWO}`, `create ${THREE}`, `oom ${THREE} 1`);
      expect(second.records).to.have.lengthOf(4);
    });

    it('taking a directory of the same name for another container', async () => {
      start('v2', ONE, TWO);
      const kept = await firstRun();
      tree.replace(TWO);
      const second = later(kept);
      await second.until(({ records }) => records.length === 2);
      expect(told(second)).to.deep.equal([`destroy ${TWO}`, `create ${TWO}`]);
    });

    it('taking all of them for others after a boot, even with the same inodes', async () => {
      start('v2', ONE, TWO);
      const kept = (await firstRun()) as { readonly boot: string };
      expect(kept.boot).to.equal(readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim());
      const second = later({ ...kept, boot: 'another' });
      await second.until(({ records }) => records.length === 6);
      for (const cgroup of ['/', ONE, TWO])
        expect(told(second).filter((line) => line.endsWith(` ${cgroup}`))).to.deep.equal([
          `destroy ${cgroup}`,
          `create ${cgroup}`,
        ]);
    });

    it('and refuses a place that is none', () => {
      start('v2');
      for (const wrong of [null, 7, {}, { boot: 'x' }, { boot: 'x', cgroups: [['/', 'one']] }])
        expect(() => traitsOf(source()).cursor!.restore(wrong)).to.throw('no cgroups');
    });
  });

  it('keeps what it has told when the reader stops between two records', async () => {
    start('v2', ONE, TWO, THREE);
    const again = source();
    const lines: string[] = [];
    for (let i = 0; i < 4; i += 1)
      await new Promise<void>((resolve, reject) => {
        const subscription = again.subscribe({
          next: ({ action, cgroup }) => {
            lines.push(`${action} ${cgroup}`);
            subscription.unsubscribe();
            resolve();
          },
          error: reject,
        });
      });
    expect(lines.sort()).to.deep.equal(
      ['create /', ...[ONE, TWO, THREE].map((cgroup) => `create ${cgroup}`)].sort(),
    );
  });

  it('finds by looking what inotify has no watches for, and says so once', function () {
    start('v2', ONE);
    const program = fileURLToPath(new URL('cgroups-unwatched.ts', import.meta.url));
    // In a user namespace of its own the limit is its own, too.
    const script = 'echo 2 > /proc/sys/user/max_inotify_watches && exec node --import tsx "$0" "$1"';
    const args = ['--user', '--map-root-user', 'sh', '-c', script, program, tree.root];
    const { status, stdout, stderr } = spawnSync('unshare', args, { encoding: 'utf8', timeout: 15_000 });
    if (/unshare failed|max_inotify_watches/.test(stderr)) this.skip();
    expect(status, stderr).to.equal(0);
    const { lines, notices } = JSON.parse(stdout) as { lines: string[]; notices: string[] };
    expect(lines).to.deep.equal([
      'create /',
      `create ${ONE}`,
      `create ${TWO}`,
      `oom ${TWO} 2`,
      `destroy ${ONE}`,
    ]);
    expect(notices).to.have.lengthOf(1);
    expect(notices[0]).to.match(/no inotify watch is left after 2 \(ENOSPC\).* every 0\.2 s only; raise fs/);
  });

  it('refuses wrong options by name', () => {
    start('v2');
    for (const rescanMs of [0, Infinity, 2 ** 31])
      expect(() => source({ rescanMs })).to.throw('cgroupEvents: rescanMs must be milliseconds');
    expect(() => source({ rot: '/' } as CgroupEventsOptions)).to.throw('no option "rot"');
  });

  it('says what is wrong where no control groups are', async () => {
    start('v2');
    const none = `${tree.root}/none`;
    mkdirSync(none);
    expect(String(await hear(source({ root: none })).failure)).to.contain(
      `no control groups are mounted at ${none}`,
    );
    expect(String(await hear(source({ root: `${none}/x` })).failure)).to.contain(`at ${none}/x (ENOENT)`);
  });
});

{
  let tree: CgroupTree;
  let directories: number;
  const make = (cgroup: string): void => {
    tree.make(cgroup);
    directories += 1;
  };
  /** Node names each of its inotify watches so; of v1 there is one a directory. */
  const watches = (): number =>
    process.getActiveResourcesInfo().filter((kind) => kind === 'FSEventWrap').length;
  sourceContract(
    'cgroupEvents',
    () => {
      tree = cgroupTree('v1');
      mkdirSync(`${tree.root}/none`);
      tree.make(ONE);
      directories = 3;
      let happened = 100;
      return Promise.resolve({
        make: () => cgroupEvents({ root: tree.root }),
        makeRefused: () => cgroupEvents({ root: `${tree.root}/none` }),
        happen: () => {
          happened += 1;
          make(`/docker/${idOf(happened)}`);
          return Promise.resolve();
        },
        served: () => (watches() === 0 ? 0 : Math.floor(watches() / directories)),
        goAway: () => {
          tree.goAway();
          return Promise.resolve();
        },
        comeBack: () => {
          tree.comeBack();
          return Promise.resolve();
        },
      });
    },
    () => {
      tree.clear();
      return Promise.resolve();
    },
    (record) => {
      const { containerId } = record as CgroupEvent;
      return containerId !== undefined && containerId > idOf(100) ? containerId : undefined;
    },
  );
}
