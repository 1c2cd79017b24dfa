import { hostname } from 'node:os';
import type { Subscriber } from 'rxjs';
import type { SourceCounts } from '../../core/types.ts';
import { isContainerCgroup } from '../../records/cgroup-event.ts';
import type { CgroupEvent } from '../../records/cgroup-event.ts';
import { containerIdOf } from '../../records/container-id.ts';
import type { Directory } from './files.ts';
import type { KnownCgroups } from './known-cgroups.ts';

/** Emits what differs from what is known, one record at a time: the reader may leave after any of them. */
export interface Changes {
  /** Whether anything is to be known of it. */
  readonly concerns: (cgroup: string) => boolean;
  /** It is there, as this directory. */
  readonly meet: (cgroup: string, directory: Directory) => void;
  /** Its counter says so many. */
  readonly count: (cgroup: string, kills: number) => void;
  /** It is not there any more. */
  readonly forget: (cgroup: string) => void;
}

export interface ChangesOptions {
  readonly version: 1 | 2;
  readonly all: boolean;
  readonly known: KnownCgroups;
  readonly counts: SourceCounts;
}

export const ROOT = '/';

export function changes(
  { version, all, known, counts }: ChangesOptions,
  out: Subscriber<CgroupEvent>,
): Changes {
  const host = hostname();
  const isTold = (cgroup: string): boolean => all || cgroup === ROOT || isContainerCgroup(cgroup);

  const emit = (action: CgroupEvent['action'], cgroup: string, ms: number, oomKills?: number): void => {
    const containerId = containerIdOf(cgroup);
    counts.received += 1;
    out.next({
      ...{ kind: 'cgroup-event', host, time: new Date(ms).toISOString(), action, cgroup },
      ...(containerId !== undefined && { containerId }),
      version,
      ...(oomKills !== undefined && { oomKills }),
    });
  };
  const forget = (cgroup: string): void => {
    if (!out.closed && known.remove(cgroup) && isTold(cgroup)) emit('destroy', cgroup, Date.now());
  };
  return {
    // The counters of v2 include those of the cgroups below; on v1 a kill counts only where the process was.
    concerns: (cgroup) => isTold(cgroup) || (version === 1 && containerIdOf(cgroup) !== undefined),
    meet(cgroup, { inode, madeMs }) {
      const before = known.inodeOf(cgroup);
      if (before === inode) return;
      if (before !== undefined) forget(cgroup);
      if (out.closed) return;
      known.add(cgroup, inode);
      if (isTold(cgroup)) emit('create', cgroup, Math.min(madeMs, Date.now()));
    },
    count(cgroup, kills) {
      if (out.closed) return;
      const more = known.count(cgroup, kills);
      if (more > 0) emit('oom', cgroup, Date.now(), more);
    },
    forget,
  };
}
