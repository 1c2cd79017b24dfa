import { removeFile } from './segments.ts';
import type { Aside, Folder, Segment } from './segments.ts';

export interface KeepOptions {
  readonly maxBytes: number;
  readonly keepMs: number;
  readonly whenFull: 'drop-oldest' | 'stop-reading';
}

/** Why records are not there: for want of room, by age, damaged, or nobody knows. */
export type Lost = 'journal-full' | 'journal-expired' | 'journal-damaged' | 'journal-lost';

/** The files of the journal, never more together than its `maxBytes`. */
export interface Keeping {
  /** By the numbers of their records; the newest is the one that is written. */
  readonly segments: readonly Segment[];
  /** How many bytes more there is room for. */
  readonly room: number;
  readonly lost: (below: number) => Lost;
  readonly add: (segment: Segment) => void;
  readonly addAside: (aside: Aside) => void;
  readonly resize: (segment: Segment, bytes: number) => void;
  readonly remove: (segment: Segment) => void;
  /**
   * Makes room for so many bytes: deletes what was set aside, then the oldest segments. False where the oldest has to
   * be read first, up to `place`.
   */
  readonly makeRoom: (bytes: number, place: number) => Promise<boolean>;
  /** Deletes all whose last record is too old, read or not. */
  readonly expire: (nowMs: number) => Promise<void>;
}

export function keeping(found: Folder, { maxBytes, keepMs, whenFull }: KeepOptions): Keeping {
  const segments = [...found.segments];
  const asides = [...found.asides];
  let total = [...segments, ...asides].reduce((sum, { bytes }) => sum + bytes, 0);
  let dropped: { readonly below: number; readonly reason: Lost } = { below: 0, reason: 'journal-full' };

  const add = (segment: Segment): void => {
    const at = segments.findIndex(({ first }) => first > segment.first);
    segments.splice(at < 0 ? segments.length : at, 0, segment);
    total += segment.bytes;
  };
  const remove = (segment: Segment): void => {
    segments.splice(segments.indexOf(segment), 1);
    total -= segment.bytes;
  };
  const drop = async (oldest: Segment, reason: Lost): Promise<void> => {
    const before = dropped;
    // First of all: the reader must not miss a file that is not given up yet, nor why.
    remove(oldest);
    dropped = { below: segments[0]!.first, reason };
    try {
      await removeFile(oldest.path);
    } catch (error) {
      add(oldest);
      dropped = before;
      throw error;
    }
  };
  const dropAside = async ({ path, bytes }: Aside): Promise<void> => {
    await removeFile(path);
    asides.shift();
    total -= bytes;
  };
  return {
    segments,
    get room() {
      return maxBytes - total;
    },
    lost: (below) => {
      if (below <= dropped.below) return dropped.reason;
      return asides.length > 0 ? 'journal-damaged' : 'journal-lost';
    },
    add,
    addAside(aside) {
      asides.push(aside);
      total += aside.bytes;
    },
    resize(segment, bytes) {
      total += bytes - segment.bytes;
      segment.bytes = bytes;
    },
    remove,
    async makeRoom(bytes, place) {
      while (total + bytes > maxBytes) {
        const [aside] = asides;
        const [oldest, next] = segments;
        if (aside !== undefined) await dropAside(aside);
        else if (oldest === undefined || next === undefined) return true;
        else if (whenFull === 'stop-reading' && place < next.first) return false;
        else await drop(oldest, 'journal-full');
      }
      return true;
    },
    async expire(nowMs) {
      const isOld = ({ lastMs }: { readonly lastMs: number }): boolean => nowMs - lastMs > keepMs;
      while (asides[0] !== undefined && isOld(asides[0])) await dropAside(asides[0]);
      while (segments.length > 1 && isOld(segments[0]!)) await drop(segments[0]!, 'journal-expired');
    },
  };
}
