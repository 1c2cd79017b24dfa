import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { PipelineError } from '../../core/errors.ts';

/** The one tree of control groups that is followed: each container has a directory in it. */
export interface Hierarchy {
  readonly dir: string;
  readonly version: 1 | 2;
  /** The file in each directory that counts the processes killed for want of memory. */
  readonly counterFile: 'memory.events' | 'memory.oom_control';
}

/** Where containers are in every set-up; the first one counts kills, the others are for kernels without it. */
const V1_CONTROLLERS = ['memory', 'pids', 'cpu'];

/**
 * The hierarchy that knows the memory of containers: v2, on hybrid systems v2 only where it has the memory controller,
 * else that of v1. `root` is where they are mounted, or one of v1 itself.
 */
export async function findHierarchy(root: string): Promise<Hierarchy> {
  if ((await stat(root).catch(failed(root))).isDirectory()) {
    if ((await controllersOf(root)) !== undefined) return v2(root);
    const unified = join(root, 'unified');
    if ((await controllersOf(unified))?.includes('memory') === true) return v2(unified);
    for (const dir of [...V1_CONTROLLERS.map((name) => join(root, name)), root])
      if (await isHierarchy(dir)) return { dir, version: 1, counterFile: 'memory.oom_control' };
  }
  throw new PipelineError(
    'SOURCE_REFUSED',
    `no control groups are mounted at ${root}: set root to where they are (see: mount -t cgroup,cgroup2)`,
  );
}

const v2 = (dir: string): Hierarchy => ({ dir, version: 2, counterFile: 'memory.events' });

const controllersOf = (dir: string): Promise<readonly string[] | undefined> =>
  readFile(join(dir, 'cgroup.controllers'), 'utf8').then(
    (text) => text.trim().split(' '),
    () => undefined,
  );

const isHierarchy = (dir: string): Promise<boolean> =>
  stat(join(dir, 'cgroup.procs')).then(
    () => true,
    () => false,
  );

const failed =
  (path: string) =>
  (error: unknown): never => {
    throw cgroupError(error, path);
  };

/** What the kernel refused, as an error with a code. */
export function cgroupError(cause: unknown, path: string): unknown {
  const { code, message } = Object(cause) as NodeJS.ErrnoException;
  if (cause instanceof PipelineError || code === undefined) return cause;
  const denied = code === 'EACCES' || code === 'EPERM';
  return new PipelineError(
    denied ? 'SOURCE_REFUSED' : 'SOURCE_UNAVAILABLE',
    `cannot read the control groups at ${path} (${code}): ${denied ? 'let this user read them' : message}`,
    { cause },
  );
}
