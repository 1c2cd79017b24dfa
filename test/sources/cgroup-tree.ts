import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** A folder that looks like mounted control groups. What tests rely on of the real ones, integration tests check. */
export interface CgroupTree {
  readonly root: string;
  /** A cgroup and those above it. */
  readonly make: (cgroup: string, oomKills?: number) => void;
  readonly remove: (cgroup: string) => void;
  /** Puts another directory of the same name there. */
  readonly replace: (cgroup: string) => void;
  /** What its counter says from now on. */
  readonly kill: (cgroup: string, oomKills: number) => void;
  readonly goAway: () => void;
  readonly comeBack: () => void;
  readonly clear: () => void;
}

export type Layout = 'v1' | 'v2' | 'hybrid' | 'hybrid with memory in v2' | 'v1 without memory';

const CONTROLLERS: Readonly<Record<Layout, Readonly<Record<string, string | undefined>>>> = {
  v1: { memory: undefined, cpu: undefined },
  v2: { '': 'cpuset cpu io memory hugetlb pids rdma misc\n' },
  hybrid: { memory: undefined, systemd: undefined, unified: '\n' },
  'hybrid with memory in v2': { cpu: undefined, unified: 'io memory\n' },
  'v1 without memory': { cpu: undefined, pids: undefined },
};

const FOLLOWED: Readonly<Record<Layout, string>> = {
  v1: 'memory',
  v2: '',
  hybrid: 'memory',
  'hybrid with memory in v2': 'unified',
  'v1 without memory': 'pids',
};

export function cgroupTree(layout: Layout): CgroupTree {
  const folder = mkdtempSync(join(tmpdir(), 'dockrx-cgroups-'));
  const root = join(folder, 'cgroup');
  const dir = join(root, FOLLOWED[layout]);
  const isV2 = CONTROLLERS[layout][FOLLOWED[layout]] !== undefined;
  for (const [name, controllers] of Object.entries(CONTROLLERS[layout])) {
    mkdirSync(join(root, name), { recursive: true });
    writeFileSync(join(root, name, 'cgroup.procs'), '');
    if (controllers !== undefined) writeFileSync(join(root, name, 'cgroup.controllers'), controllers);
  }
  const count = (path: string, oomKills: number): void => {
    if (layout === 'v1 without memory') return;
    const [file, text] = isV2
      ? ['memory.events', `low 0\nhigh 0\nmax 25\noom ${oomKills}\noom_kill ${oomKills}\noom_group_kill 0\n`]
      : ['memory.oom_control', `oom_kill_disable 0\nunder_oom 0\noom_kill ${oomKills}\n`];
    writeFileSync(join(path, file), text);
  };
  /** The kernel makes a directory with its files in it: so it is put there as a whole. */
  const make = (cgroup: string, oomKills = 0): void => {
    const [apart, target] = [join(folder, 'new'), join(dir, cgroup)];
    mkdirSync(apart);
    count(apart, oomKills);
    mkdirSync(dirname(target), { recursive: true });
    renameSync(apart, target);
  };
  const remove = (cgroup: string): void => rmSync(join(dir, cgroup), { recursive: true });
  return {
    root,
    make,
    remove,
    replace(cgroup) {
      // Moved out of the way first: a file system may use the inode again.
      renameSync(join(dir, cgroup), join(folder, 'old'));
      make(cgroup);
      rmSync(join(folder, 'old'), { recursive: true });
    },
    kill: (cgroup, oomKills) => count(join(dir, cgroup), oomKills),
    // What is followed is moved itself: that is told as an unmount is.
    goAway() {
      renameSync(dir, join(folder, 'followed'));
      renameSync(root, join(folder, 'away'));
    },
    comeBack() {
      renameSync(join(folder, 'away'), root);
      renameSync(join(folder, 'followed'), dir);
    },
    clear: () => rmSync(folder, { recursive: true }),
  };
}
