import { ok, warn } from './facts.ts';
import type { Check } from './facts.ts';
import { flavourOf, infoOf, numberOf, versionOf } from './told.ts';
import { UNREAD } from './questions.ts';

const MOST_SKEW_MS = 2_000;

const checkClock: Check = ({ engine: { answers } }) => {
  const { systemTime } = infoOf(answers.info);
  const [answer, theirsMs] =
    systemTime === undefined
      ? // Whole seconds: on average half of one has passed.
        [answers.ping, Date.parse(answers.ping?.headers['date'] ?? '') + 500]
      : [answers.info, Date.parse(systemTime)];
  if (answer === undefined || Number.isNaN(theirsMs)) return undefined;
  const skewMs = theirsMs - answer.atMs;
  const seconds = (Math.abs(skewMs) / 1_000).toFixed(1);
  if (Math.abs(skewMs) <= MOST_SKEW_MS) return ok('clock', `${seconds} s from this machine's`);
  return warn(
    'clock',
    `${seconds} s ${skewMs < 0 ? 'behind' : 'ahead of'} this machine's: records carry the engine's time, and lags are wrong by that`,
    'timedatectl set-ntp true, on both',
  );
};

const checkCgroups: Check = ({ engine: { answers } }) => {
  const { cgroupVersion, cgroupDriver = 'unknown' } = infoOf(answers.info);
  if (cgroupVersion === undefined) return undefined;
  const found = `version ${cgroupVersion}, driver ${cgroupDriver}`;
  return cgroupDriver === 'none'
    ? warn(
        'cgroups',
        `${found}: containers have no limits, and readings no values`,
        'cgroup v2 with systemd, see docs.docker.com/engine/security/rootless',
      )
    : ok('cgroups', found);
};

const checkRootless: Check = ({ engine: { answers } }) =>
  infoOf(answers.info).isRootless
    ? ok('rootless', "yes: it has its own user's containers only; other users' are another engine's")
    : undefined;

const checkPodman: Check = ({ engine: { answers } }) => {
  if (flavourOf(answers.ping) !== 'Podman') return undefined;
  const isOld = numberOf(versionOf(answers.version).version) < 5_000;
  return warn(
    'Podman',
    'tells no oom, and health only where systemd runs the timers; a reading each 5 s' +
      (isOld ? ', its networks as one; log lines to the second' : ''),
    'for OOM kills read kernelOom() or cgroupEvents() too, as pipelines/oom-kills.ts does',
  );
};

const checkRestarts: Check = ({ engine: { answers } }) => {
  const { liveRestore } = infoOf(answers.info);
  if (liveRestore === undefined || flavourOf(answers.ping) === 'Podman') return undefined;
  return ok(
    'restarts',
    `live-restore is ${liveRestore ? 'on: containers outlive' : 'off: containers end with'} the engine; what happens meanwhile is told behind a gap`,
  );
};

const checkLogging: Check = ({ engine: { answers } }) => {
  const { loggingDriver } = infoOf(answers.info);
  const isUnread = UNREAD.test(answers.logs?.body ?? '');
  if (loggingDriver === 'none' || isUnread)
    return warn(
      'logging',
      `${isUnread ? "a container's driver" : 'driver none'} gives no lines back: nobody can read these logs`,
      'set log-driver to json-file, local or journald in /etc/docker/daemon.json, then make the containers anew',
    );
  return loggingDriver === undefined ? undefined : ok('logging', `driver ${loggingDriver}`);
};

/** What the engine warns of by itself, where it touches what is read here. */
const checkWarnings: Check = ({ engine: { answers } }) => {
  const ours = infoOf(answers.info).warnings.filter((text) =>
    /memory|swap|cpu|pids|blkio|cgroup|without encryption/i.test(text),
  );
  const texts = ours.map((text) => text.replace(/^WARNING:\s*/, ''));
  return texts.length === 0 ? undefined : warn('warnings', `the engine says: ${texts.join('; ')}`);
};

export const ENGINE_CHECKS: readonly Check[] = [
  ...[checkClock, checkCgroups, checkRootless, checkPodman, checkRestarts, checkLogging, checkWarnings],
];
