import type { CadvisorEvent } from '../../records/cadvisor-event.ts';
import type { CgroupEvent } from '../../records/cgroup-event.ts';
import type { OomKill } from '../../records/oom-kill.ts';

/** What is counted apart, in cAdvisor's words. */
export interface Counted {
  readonly type: string;
  readonly id: string;
  /** Empty but for an `oomKill`. */
  readonly process: string;
}

/** Where records that no cAdvisor told are counted. */
export const LOCAL = '';

/** What a record counts as, and of which cAdvisor it is, by its host: {@link LOCAL} where this machine told it itself. */
export function countedIn(record: unknown): { readonly of: string; readonly counted: readonly Counted[] } {
  const known = record as CadvisorEvent | CgroupEvent | OomKill | { readonly kind?: undefined } | null;
  switch (known?.kind) {
    case 'cadvisor-event': {
      const { host, type, cgroup, process = '' } = known;
      return { of: host, counted: [{ type, id: cgroup, process }] };
    }
    case 'cgroup-event':
      return { of: LOCAL, counted: ofCgroup(known) };
    case 'oom-kill':
      return { of: LOCAL, counted: ofKill(known) };
    default:
      return { of: LOCAL, counted: [] };
  }
}

/** Kills come as such, with the name of the process: a count of them would tell them again. */
function ofCgroup({ action, cgroup }: CgroupEvent): readonly Counted[] {
  if (action === 'oom') return [];
  const type = action === 'create' ? CREATION : DELETION;
  return [{ type, id: cgroup, process: '' }];
}

/** Told as cAdvisor does: where the process was, and whose limit it was. Where nobody knows, `/` as there. */
function ofKill({ cgroup = '/', limitCgroup = cgroup, process = '' }: OomKill): readonly Counted[] {
  return [
    { type: 'oom', id: cgroup, process: '' },
    { type: 'oomKill', id: limitCgroup, process },
  ];
}

export const CREATION = 'containerCreation';
export const DELETION = 'containerDeletion';
