import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cgroupParentOf } from './cleanup.ts';
import { type Daemon, daemon, until } from './daemon.ts';
import type { EngineFamily } from './family.ts';
import type { Namespace } from './namespace.ts';

const CONTAINERD_CONFIG = `version = 2
disabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.internal.v1.opt"]
`;

export const docker: EngineFamily = {
  start: startDockerd,
  cli: ['docker', '--host'],
  removal: (id) => `/containers/${id}?force=1&v=1`,
};

/** A containerd of its own: a dockerd that is killed hard would leave its child in its own way. */
async function startDockerd(
  space: Namespace,
  dir: string,
  socketPath: string,
  logFile: string,
  flags: readonly string[],
): Promise<Daemon> {
  const config = join(dir, 'containerd.toml');
  const containerdSocket = '/run/containerd/containerd.sock';
  writeFileSync(config, CONTAINERD_CONFIG);
  const folders = ['--root', join(dir, 'containerd'), '--state', '/run/containerd'];
  space.spawn(['containerd', '--config', config, '--address', containerdSocket, ...folders], logFile);
  const seenFromHere = `/proc/${space.pid}/root${containerdSocket}`;
  await until('containerd listens', logFile, () => Promise.resolve(existsSync(seenFromHere)));

  const dockerd = daemon(
    space,
    [
      'dockerd',
      ...['--host', `unix://${socketPath}`, '--containerd', containerdSocket],
      ...['--data-root', join(dir, 'data'), '--exec-root', '/run/docker', '--pidfile', '/run/docker.pid'],
      ...['--cgroup-parent', cgroupParentOf(dir), '--log-level', 'warn'],
      ...flags,
    ],
    socketPath,
    logFile,
  );
  await dockerd.start();
  return dockerd;
}
