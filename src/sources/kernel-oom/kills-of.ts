import type { Tell } from '../../core/define-source.ts';
import type { SourceCounts } from '../../core/types.ts';
import type { Gap } from '../../records/gap.ts';
import type { KernelOom } from '../../records/kernel-oom.ts';
import type { KernelRecord } from '../../records/kernel-record.ts';
import { kernelOomReader } from '../../records/parse-kernel-oom.ts';
import { kernelClock, type Anchor } from './kernel-clock.ts';
import type { Mark, Place } from './place.ts';

export interface OpenLog {
  readonly path: string;
  readonly host: string;
  readonly boot: string;
}

export interface Kills {
  /** What a record comes to, one by one; called with all of the log, from its beginning. */
  readonly take: (record: KernelRecord) => Iterable<KernelOom | Gap>;
  /** All there is has been taken. */
  readonly atEnd: () => void;
}

/** Makes kills of the records behind the place, and moves it; where there is none yet, of those behind the first end. */
export function killsOf(
  { path, host, boot }: OpenLog,
  place: Place,
  tell: Tell,
  counts: SourceCounts,
): Kills {
  const clock = kernelClock(anchorIn(place.mark, boot));
  const readKill = kernelOomReader();
  let hasBegun = place.mark !== undefined;
  let latest = place.mark;

  const gapBetween = (before: Mark, { sequence, time }: Mark): Gap | undefined => {
    const isRebooted = before.boot !== boot;
    const missing = isRebooted ? sequence : sequence - before.sequence - 1;
    if (missing > 0)
      tell({ type: 'notice', message: `${path} had overwritten ${missing} records before they were read` });
    if (!isRebooted && missing === 0) return undefined;
    const reason = isRebooted ? 'rebooted' : 'log-overrun';
    return { kind: 'gap', type: 'gap', host, time, fromTime: before.time, toTime: time, reason, atLeast: 0 };
  };

  return {
    // Whoever takes no more than the gap has not had the record: it will be read again.
    *take(record) {
      const { sequence } = record;
      const kill = readKill(record);
      if (latest?.boot === boot && sequence <= latest.sequence) {
        counts.received += 1;
        counts.deduplicated += 1;
        return;
      }
      const time = new Date(clock.timeOf(record.usec)).toISOString();
      const mark = { boot, sequence, usec: record.usec, time };
      const gap = hasBegun && latest !== undefined ? gapBetween(latest, mark) : undefined;
      latest = mark;
      if (gap !== undefined) {
        counts.added += 1;
        place.mark = { ...mark, sequence: sequence - 1 };
        yield gap;
      }
      counts.received += 1;
      if (hasBegun) place.mark = mark;
      if (hasBegun && kill !== undefined) yield { kind: 'kernel-oom', host, time, ...kill };
      else counts.filtered += 1;
    },
    atEnd() {
      clock.atEnd();
      hasBegun = true;
      place.mark = latest;
    },
  };
}

const anchorIn = (mark: Mark | undefined, boot: string): Anchor | undefined =>
  mark?.boot === boot ? { usec: mark.usec, ms: Date.parse(mark.time) } : undefined;
