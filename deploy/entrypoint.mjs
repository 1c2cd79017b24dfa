// The first program of the image. As root it becomes an ordinary user where that one may read the engine's socket by its
// group, and hands it the folder that it writes to; then it is `pipeline`.
import { lchownSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

const USER = 1000;

if (process.getuid() === 0 && isRootOfHost()) {
  try {
    const groups = groupsOfSocket();
    handOver(process.env.EVENTS_DIR);
    process.setgroups(groups);
    process.setgid(USER);
    process.setuid(USER);
  } catch (error) {
    process.stderr.write(`runs as root: ${error.message}\n`);
  }
}
await import('../bin/pipeline.js');

/** Where the engine has user namespaces, or runs without root, root in here is an ordinary user out there. */
function isRootOfHost() {
  const [inside, outside, count] = readFileSync('/proc/self/uid_map', 'utf8').trim().split(/\s+/);
  return inside === '0' && outside === '0' && Number(count) > USER;
}

/** The group that may read and write the socket; none where there is no socket. */
function groupsOfSocket() {
  const path = (process.env.DOCKER_HOST || 'unix:///var/run/docker.sock').replace(/^unix:\/\//, '');
  const socket = path.startsWith('/') ? statSync(path, { throwIfNoEntry: false }) : undefined;
  if (socket === undefined) return [];
  if ((socket.mode & 0o060) !== 0o060) throw new Error(`no group may read ${path}`);
  return [socket.gid];
}

/** The folder, its containers.log files, also those of mesoscloud/events, and the state; no link is followed. */
function handOver(folder, isOurs = (name) => name.startsWith('containers.log')) {
  lchownSync(folder, USER, USER);
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.name === '.dockrx' && entry.isDirectory()) handOver(path, () => true);
    else if (isOurs(entry.name)) lchownSync(path, USER, USER);
  }
}
