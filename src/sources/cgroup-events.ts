import { readFile } from 'node:fs/promises';
import { from, mergeMap } from 'rxjs';
import { checkOptions, flag, positive, text } from '../core/check-options.ts';
import type { Check } from '../core/check-options.ts';
import { defineSource } from '../core/define-source.ts';
import { readerLimit } from '../core/reader-limit.ts';
import type { Source } from '../core/types.ts';
import type { CgroupEvent } from '../records/cgroup-event.ts';
import { followCgroups } from './cgroup-events/follow-cgroups.ts';
import { findHierarchy } from './cgroup-events/hierarchy.ts';
import { knownCgroups } from './cgroup-events/known-cgroups.ts';

/** Options of {@link cgroupEvents}. */
export interface CgroupEventsOptions {
  /** Where the control groups are mounted. Default `/sys/fs/cgroup`; in a container, where the host's are mounted. */
  readonly root?: string;
  /** How often everything is looked at, in case inotify told nothing, in ms. Default 60,000. */
  readonly rescanMs?: number;
  /** Every cgroup: slices, services, pods, those inside of containers. Default false: containers' own and `/`. */
  readonly all?: boolean;
}

/**
 * Containers that appear and vanish as control groups of the kernel (v1, v2, hybrid), and OOM kills counted in them:
 * of any engine, with none asked, without privileges.
 *
 * Emits {@link CgroupEvent}: at first a `create` for each cgroup there is, then what comes and goes, within
 * milliseconds by inotify. Subscribed to again, also in a later run from its cursor, it goes on with what differs: a
 * cgroup made anew meanwhile is a `destroy` and a `create`, one that came and went is not told. After a boot all are new.
 * An `oom` counts processes killed: on v2 as the kernel says it, in the container and all below it; on v1, which says
 * nothing, read once a second in the very cgroup of the process, which may lie below the container's. A reading costs
 * about 15 µs. Kills from before a container was first seen are not told.
 * Errors: `SOURCE_UNAVAILABLE` when the hierarchy is away, `SOURCE_REFUSED` when there is none or it may not be read.
 * Bounds: 16,384 inotify watches, on v1 one a directory, on v2 two a container; where none is left it tells so, and finds
 * by looking what it is not told. A kernel has at most 65,535 cgroups with memory.
 * Loss: what comes and goes before it is looked at: at once where there is a watch, else and when inotify's queue overflows
 * at the next round; kills that were not read yet when the cgroup vanished, on v1 mostly those that end a container:
 * `kernelOom` has them.
 * Truth: Linux `Documentation/admin-guide/cgroup-v2.rst`, `cgroup-v1/memory.rst`, inotify(7).
 *
 * @example cgroupEvents({ root: '/host/sys/fs/cgroup' })
 */
export function cgroupEvents(options: CgroupEventsOptions = {}): Source<CgroupEvent> {
  checkOptions('cgroupEvents', options, { root: text, rescanMs: interval, all: flag });
  const { root = '/sys/fs/cgroup', rescanMs = 60_000, all = false } = options;
  const known = knownCgroups();
  const oneReader = readerLimit('cgroupEvents');
  return defineSource({
    name: 'cgroupEvents',
    cursor: known.cursor,
    countsReceived: true,
    open: (tell, _gate, counts) =>
      oneReader(
        from(Promise.all([findHierarchy(root), bootId()])).pipe(
          mergeMap(([hierarchy, boot]) => {
            known.booted(boot);
            tell({
              type: 'connected',
              to: `${hierarchy.dir} (cgroup v${hierarchy.version})`,
              simulated: false,
            });
            return followCgroups(hierarchy, { rescanMs, all }, known, { tell, counts });
          }),
        ),
      ),
  });
}

/** A longer one Node would take for none. */
const interval: Check = (value) =>
  (positive(value) === true && (value as number) < 2 ** 31) || 'milliseconds: above 0, at most 24 days';

const bootId = async (): Promise<string> =>
  (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
