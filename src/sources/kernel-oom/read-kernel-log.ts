import { readFileSync } from 'node:fs';
import { Observable } from 'rxjs';
import type { Tell } from '../../core/define-source.ts';
import type { SourceCounts } from '../../core/types.ts';
import type { Gap } from '../../records/gap.ts';
import type { KernelOom } from '../../records/kernel-oom.ts';
import { parseKernelRecord, type KernelRecord } from '../../records/kernel-record.ts';
import { kernelOomReader } from '../../records/parse-kernel-oom.ts';
import { followLog } from './follow-log.ts';
import { kernelClock } from './kernel-clock.ts';
import type { Place } from './place.ts';

export interface KernelLog {
  readonly path: string;
  readonly host: string;
}

const MAX_LINE_BYTES = 64 * 1024;
const BOOT_ID = '/proc/sys/kernel/random/boot_id';

/**
 * The kills in a kernel log behind the place, which moves along with each record. All of the log is read, also what lies
 * before the place: the report of a kill may have begun there.
 */
export function readKernelLog(
  { path, host }: KernelLog,
  place: Place,
  tell: Tell,
  counts: SourceCounts,
): Observable<KernelOom | Gap> {
  return new Observable((out) => {
    const boot = readFileSync(BOOT_ID, 'utf8').trim();
    const clock = kernelClock();
    const readKill = kernelOomReader();
    /** Where nothing was read before, what is in the log already is of before the beginning. */
    let isHistory = place.mark === undefined;
    let latest = place.mark;

    /** What lies between the record read last and this one. */
    const gapBefore = (sequence: number, time: string): Gap | undefined => {
      if (latest === undefined) return undefined;
      const isRebooted = latest.boot !== boot;
      const missing = isRebooted ? sequence : sequence - latest.sequence - 1;
      if (missing > 0)
        tell({ type: 'notice', message: `${path} had overwritten ${missing} records before they were read` });
      if (!isRebooted && missing <= 0) return undefined;
      const reason = isRebooted ? 'rebooted' : 'log-overrun';
      return {
        kind: 'gap',
        type: 'gap',
        host,
        time,
        fromTime: latest.time,
        toTime: time,
        reason,
        atLeast: 0,
      };
    };
    const take = (record: KernelRecord): void => {
      const { sequence } = record;
      const kill = readKill(record);
      if (latest?.boot === boot && sequence <= latest.sequence) {
        counts.deduplicated += 1;
        return;
      }
      const time = new Date(clock.timeOf(record.usec)).toISOString();
      const gap = isHistory ? undefined : gapBefore(sequence, time);
      latest = { boot, sequence, time };
      if (!isHistory) place.mark = latest;
      if (gap !== undefined) {
        counts.added += 1;
        out.next(gap);
      }
      if (kill === undefined || isHistory) counts.filtered += 1;
      else out.next({ kind: 'kernel-oom', host, time, ...kill });
    };
    const rejected = (reason: string): void => tell({ type: 'rejected', reason, count: 1 });

    out.add(
      followLog(path, {
        maxBytes: MAX_LINE_BYTES,
        line(text) {
          // Behind a record come lines about the device it is of.
          if (text.startsWith(' ')) return;
          counts.received += 1;
          const record = parsed(text);
          if (record === undefined) rejected('not-a-record');
          else take(record);
        },
        bad(reason) {
          if (reason !== 'too-long') return;
          counts.received += 1;
          rejected(reason);
        },
        atEnd() {
          clock.atEnd();
          isHistory = false;
          place.mark = latest;
        },
        failed: (error) => out.error(error),
      }),
    );
    tell({ type: 'connected', to: path, simulated: false });
  });
}

function parsed(line: string): KernelRecord | undefined {
  try {
    return parseKernelRecord(line);
  } catch {
    return undefined;
  }
}
