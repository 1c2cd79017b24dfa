import type { Cursor } from '../../core/define-source.ts';
import type { Json } from '../../core/types.ts';

/** The cgroups that were told, outside of any subscription: what differs from them is told next. */
export interface KnownCgroups {
  readonly cursor: Cursor;
  readonly paths: () => readonly string[];
  /** The same directory has the same inode, until the machine boots. */
  readonly inodeOf: (cgroup: string) => number | undefined;
  readonly add: (cgroup: string, inode: number) => void;
  /** Whether it was known. */
  readonly remove: (cgroup: string) => boolean;
  /** How many processes more have been killed in it, now that its counter says so many. */
  readonly count: (cgroup: string, kills: number) => number;
  /** The machine runs since this boot: of another one no directory is left. */
  readonly booted: (boot: string) => void;
  /** All there are have been seen once: what comes from now on is new, and its counter began at 0. */
  readonly complete: () => void;
}

/** `kills` is nothing until a counter that began before us has been read. */
interface Known {
  readonly inode: number;
  kills: number | undefined;
}

interface Kept {
  readonly boot: string;
  readonly cgroups: readonly (readonly [cgroup: string, inode: number, kills: number | null])[];
}

export function knownCgroups(): KnownCgroups {
  const known = new Map<string, Known>();
  let isComplete = false;
  let ofBoot: string | undefined;
  const read = (): Json | undefined => {
    if (!isComplete || ofBoot === undefined) return undefined;
    const cgroups = [...known].map(([cgroup, { inode, kills }]) => [cgroup, inode, kills ?? null] as const);
    return { boot: ofBoot, cgroups };
  };
  const restore = (place: Json): void => {
    const { boot, cgroups } = checked(place);
    for (const [cgroup, inode, kills] of cgroups) known.set(cgroup, { inode, kills: kills ?? undefined });
    ofBoot = boot;
    isComplete = true;
  };
  return {
    cursor: { read, restore },
    paths: () => [...known.keys()],
    inodeOf: (cgroup) => known.get(cgroup)?.inode,
    add(cgroup, inode) {
      known.set(cgroup, { inode, kills: isComplete ? 0 : undefined });
    },
    remove: (cgroup) => known.delete(cgroup),
    count(cgroup, kills) {
      const entry = known.get(cgroup);
      if (entry === undefined) return 0;
      const before = entry.kills ?? kills;
      entry.kills = kills;
      return Math.max(0, kills - before);
    },
    booted(boot) {
      if (ofBoot !== undefined && ofBoot !== boot)
        for (const [cgroup, { kills }] of known) known.set(cgroup, { inode: NO_INODE, kills });
      ofBoot = boot;
    },
    complete() {
      isComplete = true;
    },
  };
}

const NO_INODE = 0;

function checked(place: Json): Kept {
  const { boot, cgroups } = Object(place) as Partial<Kept>;
  const isRight =
    typeof boot === 'string' &&
    Array.isArray(cgroups) &&
    (cgroups as unknown[]).every(
      (entry) => Array.isArray(entry) && typeof entry[0] === 'string' && typeof entry[1] === 'number',
    );
  if (!isRight) throw new Error('it has no cgroups');
  return { boot, cgroups: cgroups as Kept['cgroups'] };
}
