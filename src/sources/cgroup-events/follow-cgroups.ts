import { join, posix } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Observable } from 'rxjs';
import type { Tell } from '../../core/define-source.ts';
import { PipelineError } from '../../core/errors.ts';
import type { SourceCounts } from '../../core/types.ts';
import type { CgroupEvent } from '../../records/cgroup-event.ts';
import { changes, ROOT } from './changes.ts';
import { directoriesIn, directoryAt, killsAt } from './files.ts';
import { cgroupError } from './hierarchy.ts';
import type { Hierarchy } from './hierarchy.ts';
import type { KnownCgroups } from './known-cgroups.ts';
import { watches } from './watches.ts';

export interface FollowSettings {
  readonly rescanMs: number;
  readonly all: boolean;
}

/** Who hears what is noticed, and what is counted. */
export interface Ear {
  readonly tell: Tell;
  readonly counts: SourceCounts;
}

/** A directory of the hierarchy, whether told or not. */
interface Node {
  inode: number;
  readonly children: Set<string>;
  unwatch?: (() => void) | undefined;
  uncount?: (() => void) | undefined;
}

/** Files read in one turn of the event loop: about a millisecond. */
const READS_A_TURN = 32;
const READ_KILLS_EVERY_MS = 1_000;
/** More changes than these are taken as one: everything is looked at. */
const MAX_PENDING = 4_096;

/**
 * Walks the hierarchy and emits where it differs from what is known; then looks again wherever inotify says that a
 * directory came or went, and everywhere each `rescanMs`. One look at a time, so a directory is told by its state.
 */
export function followCgroups(
  { dir, version, counterFile }: Hierarchy,
  { rescanMs, all }: FollowSettings,
  known: KnownCgroups,
  { tell, counts }: Ear,
): Observable<CgroupEvent> {
  return new Observable((out) => {
    const told = changes({ version, all, known, counts }, out);
    const breathe = breather();
    const nodes = new Map<string, Node>();
    const inotify = watches(tell, `what has none is looked at every ${rescanMs / 1000} s only`);
    const toLook = new Set<string>();
    const toCount = new Set<string>();
    let rootInode: number | undefined;
    let isWorking = false;

    const unwatch = (node: Node): void => {
      node.unwatch?.();
      node.uncount?.();
      node.unwatch = node.uncount = undefined;
    };
    const vanish = (cgroup: string): void => {
      const node = nodes.get(cgroup);
      if (node === undefined) return;
      for (const child of node.children) vanish(child);
      unwatch(node);
      nodes.delete(cgroup);
      nodes.get(posix.dirname(cgroup))?.children.delete(cgroup);
      told.forget(cgroup);
    };
    const pathOf = (cgroup: string): string => join(dir, cgroup);
    const lookLater = (cgroup: string): void => {
      toLook.add(toLook.size < MAX_PENDING ? cgroup : ROOT);
      void work();
    };
    const countLater = (cgroup: string): void => {
      toCount.add(cgroup);
      void work();
    };
    const watch = (cgroup: string, node: Node): void => {
      const path = pathOf(cgroup);
      node.unwatch ??= inotify.add(path, (type, name) => {
        if (type !== 'rename') return;
        if (name !== null) lookLater(posix.join(cgroup, name));
        // The end of a watched directory itself is told with its own name.
        if (name === null || name === posix.basename(path)) lookLater(cgroup);
      });
      // The kernel tells this file's changes at most a hundred times a second. v1 tells none.
      if (version === 2 && told.concerns(cgroup))
        node.uncount ??= inotify.add(join(path, counterFile), () => countLater(cgroup));
    };

    const count = (cgroup: string): void => {
      const kills = killsAt(join(pathOf(cgroup), counterFile));
      if (kills !== undefined) told.count(cgroup, kills);
    };

    /** Tells what is new of a cgroup and all below it. */
    const look = async (cgroup: string): Promise<void> => {
      if (out.closed) return;
      const found = directoryAt(pathOf(cgroup));
      if (cgroup === ROOT && (found === undefined || found.inode !== (rootInode ??= found.inode)))
        throw gone(dir);
      if (found === undefined) {
        vanish(cgroup);
        return;
      }
      const node = nodes.get(cgroup) ?? { inode: found.inode, children: new Set() };
      nodes.set(cgroup, node);
      if (cgroup !== ROOT) nodes.get(posix.dirname(cgroup))?.children.add(cgroup);
      if (node.inode !== found.inode) {
        unwatch(node);
        node.inode = found.inode;
      }
      // Before its directories are listed: what comes in between is heard of.
      watch(cgroup, node);
      if (told.concerns(cgroup)) {
        told.meet(cgroup, found);
        count(cgroup);
      }
      const names = found.isLeaf ? [] : directoriesIn(pathOf(cgroup));
      const present = new Set(names.map((name) => posix.join(cgroup, name)));
      for (const child of node.children) if (!present.has(child)) vanish(child);
      await breathe();
      for (const child of present) await look(child);
    };
    const lookAtAll = async (): Promise<void> => {
      await look(ROOT);
      for (const cgroup of known.paths()) if (!nodes.has(cgroup)) told.forget(cgroup);
      if (out.closed) return;
      known.complete();
      inotify.round();
    };

    const work = async (): Promise<void> => {
      if (isWorking) return;
      isWorking = true;
      try {
        while (!out.closed) {
          const [counting] = toCount;
          const [looking] = toLook;
          if (counting !== undefined) {
            toCount.delete(counting);
            count(counting);
            await breathe();
          } else if (looking !== undefined) {
            toLook.delete(looking);
            await (looking === ROOT ? lookAtAll() : look(looking));
          } else break;
        }
      } catch (error) {
        out.error(cgroupError(error, dir));
      }
      isWorking = false;
    };

    const rescan = setInterval(() => lookLater(ROOT), rescanMs);
    const poll = setInterval(() => {
      for (const [cgroup, { uncount }] of nodes)
        if (uncount === undefined && told.concerns(cgroup)) countLater(cgroup);
    }, READ_KILLS_EVERY_MS);
    lookLater(ROOT);
    return () => {
      clearInterval(rescan);
      clearInterval(poll);
      inotify.close();
    };
  });
}

function breather(): () => Promise<void> | undefined {
  let reads = 0;
  return () => {
    reads += 1;
    return reads % READS_A_TURN === 0 ? nextTurn() : undefined;
  };
}

const gone = (dir: string): PipelineError =>
  new PipelineError('SOURCE_UNAVAILABLE', `the control groups at ${dir} are gone: unmounted, or moved away`);
