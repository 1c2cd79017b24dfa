import { closeSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { Observable } from 'rxjs';
import type { Tell } from '../../core/define-source.ts';
import type { SourceCounts } from '../../core/types.ts';
import type { Gap } from '../../records/gap.ts';
import type { KernelOom } from '../../records/kernel-oom.ts';
import { parseKernelRecord, type KernelRecord } from '../../records/kernel-record.ts';
import { followLog, openLog, unreadable } from './follow-log.ts';
import { killsOf } from './kills-of.ts';
import type { Place } from './place.ts';

export interface KernelLog {
  readonly path: string;
  readonly host: string;
}

const MAX_LINE_BYTES = 64 * 1024;

/**
 * The kills in a kernel log behind the place, which moves along with each record. All of the log is read, also what lies
 * before the place: the report of a kill may have begun there.
 */
export function readKernelLog(
  log: KernelLog,
  place: Place,
  tell: Tell,
  counts: SourceCounts,
): Observable<KernelOom | Gap> {
  const { path } = log;
  return new Observable((out) => {
    const failed = (cause: unknown): void => out.error(unreadable(path, cause));
    const rejected = (reason: string): void => {
      counts.received += 1;
      tell({ type: 'rejected', reason, count: 1 });
    };
    const follow = (boot: string, file: number): void => {
      if (out.closed) return closeSync(file);
      tell({ type: 'connected', to: path, simulated: false });
      const kills = killsOf({ ...log, boot }, place, tell, counts);
      const stop = followLog(file, {
        maxBytes: MAX_LINE_BYTES,
        line(text) {
          // Behind a record come lines about the device it is of.
          if (text.startsWith(' ')) return;
          const record = parsed(text);
          if (record === undefined) {
            rejected('not-a-record');
            return;
          }
          for (const found of kills.take(record)) {
            out.next(found);
            if (out.closed) return;
          }
        },
        bad(reason) {
          if (reason === 'too-long') rejected(reason);
        },
        atEnd: kills.atEnd,
        failed,
      });
      out.add(stop);
    };
    bootId()
      .then(async (boot) => follow(boot, await openLog(path)))
      .catch(failed);
  });
}

const bootId = async (): Promise<string> =>
  (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();

function parsed(line: string): KernelRecord | undefined {
  try {
    return parseKernelRecord(line);
  } catch {
    return undefined;
  }
}
