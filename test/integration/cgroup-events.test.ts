import { mkdirSync, readdirSync, rmdirSync, statSync, watch, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { expect } from 'chai';
import type { CgroupEvent } from '../../src/records/cgroup-event.ts';
import { cgroupEvents } from '../../src/sources/cgroup-events.ts';
import { engineKinds } from '../harness/kinds.ts';
import { useEngine } from '../harness/use-engine.ts';
import { hear, type Hearing, stopHearing } from '../sources/hear.ts';

const CGROUPS = '/sys/fs/cgroup';

for (const kind of engineKinds())
  describe(`cgroupEvents of a real engine's containers (${kind})`, function () {
    this.timeout(120_000);
    const engine = useEngine(kind);
    afterEach(async () => {
      stopHearing();
      await engine().removeAll();
    });
    const run = (...args: string[]): Promise<string> => engine().docker('run', '--detach', ...args);
    const of = ({ records }: Hearing<CgroupEvent>, id: string): readonly CgroupEvent[] =>
      records.filter(({ containerId }) => containerId === id);
    const actions = (heard: Hearing<CgroupEvent>, id: string): readonly string[] =>
      of(heard, id).map(({ action }) => action);
    const tells = (heard: Hearing<CgroupEvent>, id: string, ...expected: string[]): Promise<void> =>
      heard.until(() => actions(heard, id).join() === expected.join());

    it('tells those that run, come, go and come again', async () => {
      const before = Date.now();
      const first = await run(engine().image, 'sleep', '1000');
      const heard = hear(cgroupEvents());
      await tells(heard, first, 'create');
      const second = await run(engine().image, 'sleep', '1000');
      await tells(heard, second, 'create');
      for (const id of [first, second])
        expect(Date.parse(of(heard, id)[0]!.time)).to.be.within(before - 20, Date.now());
      await engine().docker('kill', first);
      await tells(heard, first, 'create', 'destroy');
      await engine().docker('start', first);
      await tells(heard, first, 'create', 'destroy', 'create');
      await engine().remove(first);
      await engine().remove(second);
      await tells(heard, first, 'create', 'destroy', 'create', 'destroy');
      await tells(heard, second, 'create', 'destroy');
      expect(heard.facts.slice(1)).to.deep.equal([]);
      expect(new Set(of(heard, first).map(({ cgroup }) => cgroup)).size).to.equal(1);
    });

    it('counts each process that is killed for want of memory in a container that lives on', async () => {
      const script = 'for i in 1 2 3; do tail /dev/zero; done; sleep 1000';
      const heard = hear(cgroupEvents());
      await heard.until(({ records }) => records.length > 0);
      const id = await run('--memory', '20m', engine().image, 'sh', '-c', script);
      const kills = (): number => of(heard, id).reduce((sum, { oomKills = 0 }) => sum + oomKills, 0);
      await heard.until(() => kills() === 3);
      await engine().remove(id);
      await heard.until(() => of(heard, id).at(-1)?.action === 'destroy');
      expect(kills()).to.equal(3);
    });

    it('tells a short-lived container', async () => {
      const heard = hear(cgroupEvents());
      await heard.until(({ records }) => records.length > 0);
      const id = await run(engine().image, 'true');
      await tells(heard, id, 'create', 'destroy');
    });

    it('tells in a later subscription what differs, once', async () => {
      const source = cgroupEvents();
      const first = hear(source);
      const [stays, goes] = [
        await run(engine().image, 'sleep', '1000'),
        await run(engine().image, 'sleep', '1000'),
      ];
      await tells(first, stays, 'create');
      await tells(first, goes, 'create');
      first.stop();
      await engine().remove(goes);
      await engine().docker('restart', '--time', '0', stays);
      const comes = await run(engine().image, 'sleep', '1000');
      const second = hear(source);
      await tells(second, comes, 'create');
      await tells(second, goes, 'destroy');
      await tells(second, stays, 'destroy', 'create');
    });
  });

describe('what cgroupEvents relies on of the kernel', function () {
  const unified = [CGROUPS, join(CGROUPS, 'unified')].find((dir) => {
    try {
      return readdirSync(dir).includes('cgroup.controllers');
    } catch {
      return false;
    }
  });
  const dir = join(unified ?? '', `dockrx-test-${process.pid}`);
  before(function () {
    if (unified === undefined || process.getuid?.() !== 0) this.skip();
    mkdirSync(dir);
  });
  after(() => {
    if (unified !== undefined && process.getuid?.() === 0) rmdirSync(dir);
  });

  it('counts a directory without others in it as two links', () => {
    expect(statSync(dir).nlink).to.equal(2);
    mkdirSync(join(dir, 'inner'));
    expect(statSync(dir).nlink).to.equal(3);
    rmdirSync(join(dir, 'inner'));
  });

  it('gives a directory made anew another inode', () => {
    const inner = join(dir, 'inner');
    const inodes = [1, 2, 3].map(() => {
      mkdirSync(inner);
      const { ino } = statSync(inner);
      rmdirSync(inner);
      return ino;
    });
    expect(new Set(inodes).size).to.equal(3);
  });

  // memory.events is told the same way; where v1 has the memory controller there is none to see it with.
  it('tells that it has changed a file of v2 by inotify', async () => {
    const watcher = watch(join(dir, 'cgroup.events'));
    const changed = once(watcher, 'change');
    const sleeper = spawn('sleep', ['1000']);
    writeFileSync(join(dir, 'cgroup.procs'), String(sleeper.pid));
    expect(await changed).to.deep.equal(['change', 'cgroup.events']);
    watcher.close();
    const over = once(sleeper, 'exit');
    sleeper.kill('SIGKILL');
    await over;
  });
});
