import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Daemon, daemon } from './daemon.ts';
import type { EngineFamily } from './family.ts';
import type { Namespace } from './namespace.ts';

/** runc because crun refuses hybrid cgroups; limits because RLIMIT_NOFILE cannot be raised everywhere. */
const CONTAINERS_CONF = `[containers]
default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
`;

/** Podman's Docker-compatible service. */
export const podman: EngineFamily = {
  start: startPodman,
  cli: ['podman', '--remote', '--url'],
  // The compatible path waits ten seconds for each container that ignores SIGTERM.
  removal: (id) => `/v4.0.0/libpod/containers/${id}?force=true&timeout=0&v=true`,
};

async function startPodman(
  space: Namespace,
  dir: string,
  socketPath: string,
  logFile: string,
  flags: readonly string[],
): Promise<Daemon> {
  const config = join(dir, 'containers.conf');
  writeFileSync(config, CONTAINERS_CONF);
  const folders = ['--root', join(dir, 'data'), '--runroot', '/run/podman', '--tmpdir', '/run/podman-tmp'];
  const listen = ['system', 'service', '--time', '0', `unix://${socketPath}`, ...flags];
  const service = daemon(
    space,
    ['env', `CONTAINERS_CONF=${config}`, 'podman', ...folders, ...listen],
    socketPath,
    logFile,
  );
  await service.start();
  return service;
}
