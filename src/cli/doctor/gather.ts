import { closeSync, constants, openSync } from 'node:fs';
import { access, readFile, stat, statfs } from 'node:fs/promises';
import { createServer } from 'node:net';
import { userInfo } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { traitsOf } from '../../core/define-source.ts';
import type { Pipeline } from '../../core/types.ts';
import { examineEngine } from '../../engine/examine.ts';
import type { EngineSeen } from '../../engine/examine.ts';
import type { LoadedFile } from '../load.ts';
import { graphOf } from '../graph/model.ts';
import type { CgroupsSeen, Facts, FolderSeen, MachineSeen, PipelineSeen, SocketSeen } from './facts.ts';
import { servedBy } from './pipelines.ts';

/** Looks at everything the checks are about. Asks the engine by GET only, opens nothing to write, and changes nothing. */
export async function gather(files: readonly LoadedFile[], env: NodeJS.ProcessEnv): Promise<Facts> {
  const seen = files.flatMap((file) => file.pipelines.map((pipeline) => pipelineSeen(file.path, pipeline)));
  const engine = await examineEngine(env);
  return { engine, machine: await machineSeen(engine, servedBy(seen), env), pipelines: seen };
}

function pipelineSeen(path: string, pipeline: Pipeline): PipelineSeen {
  const file = basename(path);
  const traits = pipeline.sources.map(traitsOf);
  return {
    name: file.startsWith(`${pipeline.name}.`) ? pipeline.name : `${pipeline.name} (${file})`,
    sources: traits.map(({ name, journal }) =>
      journal === undefined ? name : name.replace(/-journal$/, ''),
    ),
    journals: traits.flatMap(({ journal }) => journal ?? []),
    // Several of one name are numbered.
    sinks: graphOf(pipeline)
      .steps.at(-1)!
      .map(({ name }) => name.replace(/-\d+$/, '')),
  };
}

async function machineSeen(
  engine: EngineSeen,
  addresses: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<MachineSeen> {
  const path = /^unix:\/\/(.*)$/.exec(engine.endpoint?.address ?? '')?.[1];
  const socket = path === undefined ? undefined : await socketSeen(path);
  const inotify = await inotifySeen();
  const state = env['DOCKRX_STATE'];
  return {
    platform: process.platform,
    user: { name: userName(), uid: process.getuid?.() ?? -1, groups: process.getgroups?.() ?? [] },
    inContainer:
      (await codeOf(stat('/.dockerenv'))) === '' || (await codeOf(stat('/run/.containerenv'))) === '',
    ...(socket !== undefined && { socket }),
    kernelLog: kernelLogSeen(),
    cgroups: await cgroupsSeen('/sys/fs/cgroup'),
    ...(inotify !== undefined && { inotify }),
    folders: [
      await folderSeen('this folder', '.'),
      ...(state === undefined ? [] : [await folderSeen('state', state)]),
    ],
    ports: Object.fromEntries(
      await Promise.all(addresses.map(async (address) => [address, await portSeen(address)] as const)),
    ),
  };
}

async function socketSeen(path: string): Promise<SocketSeen | undefined> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) return undefined;
  const mounts = await textOf('/proc/self/mountinfo');
  const group = (await textOf('/etc/group'))
    .split('\n')
    .map((line) => line.split(':'))
    .find(([, , gid]) => Number(gid) === found.gid);
  return {
    path,
    uid: found.uid,
    gid: found.gid,
    mode: found.mode & 0o777,
    ...(group !== undefined && {
      group: { name: group[0]!, members: (group[3] ?? '').split(',').filter((name) => name !== '') },
    }),
    isMount: mounts.split('\n').some((line) => line.split(' ')[4] === path),
  };
}

/** Opening alone asks for leave; nothing is read. */
function kernelLogSeen(): string {
  try {
    closeSync(openSync('/dev/kmsg', constants.O_RDONLY | constants.O_NONBLOCK));
    return '';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'unknown';
  }
}

async function cgroupsSeen(dir: string): Promise<CgroupsSeen> {
  const isThere = async (path: string): Promise<boolean> => (await codeOf(stat(path))) !== 'ENOENT';
  const readable = (path: string): Promise<string> => codeOf(access(path, constants.R_OK | constants.X_OK));
  // Below the root of a v2 tree every group has a type; of a v1 tree the root alone has an agent.
  if (await isThere(join(dir, 'cgroup.controllers')))
    return {
      version: '2',
      dir,
      error: await readable(dir),
      isWhole: !(await isThere(join(dir, 'cgroup.type'))),
    };
  const v1 = join(dir, 'memory');
  if (await isThere(join(v1, 'cgroup.procs')))
    return {
      version: '1',
      dir: v1,
      error: await readable(v1),
      isWhole: await isThere(join(v1, 'release_agent')),
    };
  return { version: 'none', dir, error: '', isWhole: false };
}

async function inotifySeen(): Promise<MachineSeen['inotify']> {
  const [watches, instances] = await Promise.all(
    ['watches', 'instances'].map(async (what) =>
      Number.parseInt(await textOf(`/proc/sys/fs/inotify/max_user_${what}`), 10),
    ),
  );
  return Number.isNaN(watches! + instances!) ? undefined : { watches: watches!, instances: instances! };
}

/** The folder, or the nearest one above it that is there. */
async function folderSeen(what: string, name: string): Promise<FolderSeen> {
  let path = resolve(name);
  while ((await codeOf(stat(path))) === 'ENOENT' && dirname(path) !== path) path = dirname(path);
  const error = await codeOf(access(path, constants.W_OK | constants.X_OK));
  const space = await statfs(path).catch(() => undefined);
  return { what, path, error, freeBytes: space === undefined ? Infinity : space.bavail * space.bsize };
}

function portSeen(address: string): Promise<'free' | 'taken'> {
  const [host = '', port = ''] = address.split(/:(?=\d+$)/);
  return new Promise((done) => {
    const server = createServer()
      .once('error', (error: NodeJS.ErrnoException) => done(error.code === 'EADDRINUSE' ? 'taken' : 'free'))
      .listen({ host, port: Number(port), exclusive: true }, () => server.close(() => done('free')));
  });
}

/** Empty where it can be done, else why not. */
const codeOf = (attempt: Promise<unknown>): Promise<string> =>
  attempt.then(
    () => '',
    (error: unknown) => (error as NodeJS.ErrnoException).code ?? 'unknown',
  );

const textOf = (path: string): Promise<string> => readFile(path, 'utf8').catch(() => '');

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid ${process.getuid?.() ?? ''}`;
  }
}
