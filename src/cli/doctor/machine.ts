import { fail, isLocal, ok, warn } from './facts.ts';
import type { Check, Facts, FolderSeen } from './facts.ts';
import { infoOf } from './told.ts';

const LEAST_FREE_BYTES = 1024 ** 3;

export const checkKernelLog: Check = (facts) => {
  const { platform, kernelLog, inContainer } = facts.machine;
  const name = 'kernel log';
  if (platform !== 'linux') return undefined;
  if (!isLocal(facts))
    return warn(name, elsewhere(facts, "/dev/kmsg is not its kernel's"), 'run kernelOom() beside the engine');
  if (kernelLog === '') return ok(name, '/dev/kmsg can be read');
  return warn(
    name,
    `/dev/kmsg cannot be read (${kernelLog}): no kernelOom, so OOM kills are known by Docker's word alone`,
    inContainer
      ? 'start this container with --device /dev/kmsg --cap-add SYSLOG'
      : 'run as root, or with CAP_SYSLOG (systemd: AmbientCapabilities=CAP_SYSLOG)',
  );
};

export const checkCgroupFiles: Check = (facts) => {
  const { platform, cgroups } = facts.machine;
  const name = 'cgroup files';
  if (platform !== 'linux') return undefined;
  if (!isLocal(facts))
    return warn(
      name,
      elsewhere(facts, "the control groups are not its containers'"),
      'run cgroupEvents() beside the engine',
    );
  const mount =
    "mount the host's (-v /sys/fs/cgroup:/host/cgroup:ro --cgroupns host) and say cgroupEvents({ root: '/host/cgroup' })";
  if (cgroups.version === 'none')
    return warn(name, `no control groups are mounted at ${cgroups.dir}: no cgroupEvents`, mount);
  if (cgroups.error !== '')
    return warn(
      name,
      `${cgroups.dir} cannot be read (${cgroups.error}): no cgroupEvents`,
      'let this user read it',
    );
  const found = `version ${cgroups.version} at ${cgroups.dir}`;
  return cgroups.isWhole
    ? ok(name, found)
    : warn(name, `${found}, but not from its root: only what is in this container`, mount);
};

const elsewhere = ({ engine }: Facts, what: string): string =>
  `the engine is at ${engine.endpoint?.address ?? ''}: unless that is this machine, ${what}`;

/** `cgroupEvents` takes two watches a container on v2, on v1 one a directory. */
const checkInotify: Check = ({ engine, machine: { inotify } }) => {
  if (inotify === undefined) return undefined;
  const { containers } = infoOf(engine.answers.info);
  const needed = 256 + 4 * containers;
  const { watches, instances } = inotify;
  const found = `${watches} watches and ${instances} instances for each user`;
  return watches < needed || instances < 16
    ? warn(
        'inotify',
        `${found}, and ${containers} containers take about ${needed}: cgroupEvents then looks once a minute`,
        `sysctl fs.inotify.max_user_watches=${Math.max(65_536, needed)} fs.inotify.max_user_instances=128`,
      )
    : ok('inotify', found);
};

const checkFolders: readonly Check[] = [0, 1].map(
  (nth): Check =>
    ({ machine: { folders, user } }) =>
      folders[nth] === undefined ? undefined : judgeFolder(folders[nth], user.name),
);

function judgeFolder({ what, path, error, freeBytes }: FolderSeen, user: string): ReturnType<Check> {
  if (error !== '')
    return fail(
      what,
      `${user} cannot write in ${path} (${error})`,
      'go to a folder of your own, or let this user have it',
    );
  const found = `${path} can be written, ${(freeBytes / 1024 ** 3).toFixed(1)} GiB are free`;
  return freeBytes < LEAST_FREE_BYTES
    ? warn(what, found, 'make room, or keep less: keep and rotate of ndjsonFile, maxBytes of journaled')
    : ok(what, found);
}

const checkPorts: Check = ({ machine: { ports } }) => {
  const taken = Object.entries(ports).flatMap(([port, state]) => (state === 'taken' ? [port] : []));
  const all = Object.keys(ports);
  if (all.length === 0) return undefined;
  return taken.length === 0
    ? ok('ports', `${all.join(', ')} free`)
    : warn(
        'ports',
        `${taken.join(', ')} taken, perhaps by a dockrx that runs`,
        'run with --listen HOST:PORT',
      );
};

export const MACHINE_CHECKS: readonly Check[] = [
  ...[checkKernelLog, checkCgroupFiles, checkInotify, ...checkFolders, checkPorts],
];
