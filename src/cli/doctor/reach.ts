import type { EngineSeen } from '../../engine/examine.ts';
import { fail, ok, warn } from './facts.ts';
import type { Check, Finding, MachineSeen, SocketSeen } from './facts.ts';
import { flavourOf, numberOf, versionOf } from './told.ts';

/** From 20.10 on: what the tests run against. */
const OLDEST_API = 1_041;

const WHY: Readonly<Record<string, string>> = {
  DOCKER_HOST: 'named by DOCKER_HOST',
  'default socket': 'the first there is of the sockets looked for by default',
};

const checkAddress: Check = ({ engine: { endpoint, otherSockets, refusal } }) => {
  const name = 'address';
  if (endpoint === undefined) return away(name, refusal);
  const { address, from, tls } = endpoint;
  const others = otherSockets.length > 0 ? `; also there: ${otherSockets.join(', ')}` : '';
  const found = `${address}, ${WHY[from] ?? `of ${from}`}${others}`;
  const isOpen =
    address.startsWith('tcp:') && tls === undefined && !/^tcp:\/\/(127\.|localhost|\[::1\])/.test(address);
  return isOpen
    ? warn(
        name,
        `${found}; in clear text: who reaches that port is root there`,
        'use TLS (port 2376) or ssh://',
      )
    : ok(name, found);
};

const checkAnswer: Check = ({ engine: { endpoint, refusal, answers }, machine }) => {
  const name = 'answer';
  if (endpoint === undefined) return undefined;
  if (refusal !== undefined)
    return ['EACCES', 'EPERM'].includes(refusal.code) && machine.socket !== undefined
      ? fail(name, deniedBy(machine.socket, machine), cureOf(machine.socket, machine))
      : away(name, refusal);
  const { version, api = answers.ping?.headers['api-version'], leastApi = '?' } = versionOf(answers.version);
  const who = [flavourOf(answers.ping), ...(version === undefined ? [] : [version])].join(' ');
  if (api === undefined) return warn(name, `${who}, which tells no API version`);
  const found = `${who}, API ${leastApi} to ${api}; dockrx pins none and gets ${api}`;
  return numberOf(api) < OLDEST_API
    ? warn(name, `${found}: older than any it is tested with`, 'Docker 20.10 or newer, Podman 4.3 or newer')
    : ok(name, found);
};

/** What an absence says: what is the matter, and behind that what to do. */
function away(name: string, refusal: EngineSeen['refusal']): Finding {
  const { message = '', code = '' } = refusal ?? {};
  if (/^4\d\d$/.test(code)) return fail(name, message, 'let GET /_ping through; docker-socket-proxy: PING=1');
  const [, found = message, fix] = /^(.*); ([^;]*)$/.exec(message) ?? /^(.*?\)): (.*)$/.exec(message) ?? [];
  return fail(
    name,
    found,
    fix ?? 'it is being started, or stuck: wait, and look into its log (journalctl -u docker)',
  );
}

/** A socket that is mounted as a file stays the one of an engine that is gone. */
const checkSocketMount: Check = ({ machine: { socket, inContainer } }) =>
  socket?.isMount === true && inContainer
    ? warn(
        'mount',
        `${socket.path} is mounted as a file: once the engine has been restarted nobody listens there any more`,
        'mount its folder (-v /var/run:/host/run:ro) and set DOCKER_HOST=unix:///host/run/docker.sock',
      )
    : undefined;

export const REACH_CHECKS: readonly Check[] = [checkAddress, checkAnswer, checkSocketMount];

const READ_AND_WRITE = 0o060;

function deniedBy({ path, uid, gid, mode, group }: SocketSeen, { user }: MachineSeen): string {
  const owner = `uid ${uid}, group ${group?.name ?? gid}, mode ${mode.toString(8).padStart(3, '0')}`;
  return `${user.name} (uid ${user.uid}) may not read and write ${path} (${owner})`;
}

function cureOf({ gid, mode, group }: SocketSeen, { user, inContainer }: MachineSeen): string {
  if ((mode & READ_AND_WRITE) !== READ_AND_WRITE || gid === 0)
    return 'run as its owner, or let a group have it (dockerd --group docker)';
  if (inContainer) return `start this container with --group-add ${gid}`;
  if (group === undefined)
    return `make a group for it: groupadd --gid ${gid} docker, then usermod -aG docker ${user.name}`;
  return group.members.includes(user.name)
    ? `${user.name} is in ${group.name}, but not yet where you are logged in: log in again, or newgrp ${group.name}`
    : `usermod -aG ${group.name} ${user.name}, then log in again; that group is as good as root`;
}
