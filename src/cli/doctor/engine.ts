import { bodyOf, ok, warn } from './facts.ts';
import type { Check } from './facts.ts';
import { flavourOf, numberOf } from './told.ts';
import type { Info, Version } from './told.ts';

const MOST_SKEW_MS = 2_000;

export const checkClock: Check = ({ engine: { answers } }) => {
  const asked = bodyOf<Info>(answers.info).SystemTime;
  const [answer, theirs] =
    asked === undefined
      ? // Whole seconds: on average half a one has passed.
        [answers.ping, Date.parse(answers.ping?.headers['date'] ?? '') + 500]
      : [answers.info, Date.parse(asked)];
  if (answer === undefined || Number.isNaN(theirs)) return undefined;
  const skewMs = theirs - answer.atMs;
  const seconds = (Math.abs(skewMs) / 1_000).toFixed(1);
  if (Math.abs(skewMs) <= MOST_SKEW_MS)
    return ok('clock', `the engine's and this machine's are ${seconds} s apart`);
  return warn(
    'clock',
    `the engine's is ${seconds} s ${skewMs < 0 ? 'behind' : 'ahead of'} this machine's: records carry the engine's time, lags are wrong by that`,
    'timedatectl set-ntp true, on both',
  );
};

export const checkCgroups: Check = ({ engine: { answers } }) => {
  const { CgroupVersion: version, CgroupDriver: driver } = bodyOf<Info>(answers.info);
  if (version === undefined) return undefined;
  const found = `version ${version}, driver ${driver ?? 'unknown'}`;
  return driver === 'none'
    ? warn(
        'cgroups',
        `${found}: containers have no limits, and readings no values`,
        'cgroup v2 with systemd, see docs.docker.com/engine/security/rootless',
      )
    : ok('cgroups', found);
};

export const checkRootless: Check = ({ engine: { answers } }) => {
  const { SecurityOptions, Rootless } = bodyOf<Info>(answers.info);
  const isRootless =
    Rootless === true || (SecurityOptions ?? []).some((option) => option.includes('rootless'));
  return isRootless
    ? ok('rootless', "yes: it has this user's containers only, and no device limits")
    : undefined;
};

export const checkPodman: Check = ({ engine: { answers } }) => {
  if (flavourOf(answers.ping) !== 'Podman') return undefined;
  const isOld = numberOf(bodyOf<Version>(answers.version).Version) < 5_000;
  return warn(
    'Podman',
    'tells no oom, and health only where systemd runs the timers; a reading every 5 s' +
      (isOld ? '; no interfaces, times of log lines in whole seconds' : ''),
    'for OOM kills read kernelOom() or cgroupEvents() too, as pipelines/oom-kills.ts does',
  );
};

export const checkRestarts: Check = ({ engine: { answers } }) => {
  const { LiveRestoreEnabled: lives } = bodyOf<Info>(answers.info);
  if (lives === undefined || flavourOf(answers.ping) === 'Podman') return undefined;
  return ok(
    'restarts',
    lives
      ? 'live-restore is on: containers outlive a restart of the engine; one that ends meanwhile is told afterwards, as synthetic'
      : 'live-restore is off: a restart of the engine ends its containers; what was not told is told afterwards, as synthetic',
  );
};

export const checkLogging: Check = ({ engine: { answers } }) => {
  const { LoggingDriver: driver } = bodyOf<Info>(answers.info);
  const isUnread = /does not support reading/i.test(answers.logs?.body ?? '');
  if (driver === 'none' || isUnread)
    return warn(
      'logging',
      `driver ${driver || 'of a container'}: it gives no lines back, so nobody can read these logs`,
      'use json-file, local or journald (log-driver in /etc/docker/daemon.json), then make the containers anew',
    );
  return driver ? ok('logging', `driver ${driver}`) : undefined;
};

/** What the engine warns of by itself, where it touches what is read here. */
export const checkWarnings: Check = ({ engine: { answers } }) => {
  const all = bodyOf<Info>(answers.info).Warnings ?? [];
  const ours = all.filter((text) => /memory|swap|cpu|pids|blkio|cgroup|without encryption/i.test(text));
  const texts = ours.map((text) =>
    text
      .replace(/^WARNING:\s*/, '')
      .replace(/\s+/g, ' ')
      .trim(),
  );
  return texts.length === 0 ? undefined : warn('warnings', `the engine says: ${texts.join('; ')}`);
};

export const ENGINE_CHECKS: readonly Check[] = [
  ...[checkClock, checkCgroups, checkRootless],
  ...[checkPodman, checkRestarts, checkLogging, checkWarnings],
];
