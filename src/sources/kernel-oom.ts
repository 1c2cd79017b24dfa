import { hostname } from 'node:os';
import { catchError, EMPTY, type Observable } from 'rxjs';
import { checkOptions, flag, text } from '../core/check-options.ts';
import { defineSource, type Tell } from '../core/define-source.ts';
import { readerLimit } from '../core/reader-limit.ts';
import type { Source } from '../core/types.ts';
import type { Gap } from '../records/gap.ts';
import type { KernelOom } from '../records/kernel-oom.ts';
import { kernelPlace } from './kernel-oom/place.ts';
import { readKernelLog } from './kernel-oom/read-kernel-log.ts';

/** Options of {@link kernelOom}. */
export interface KernelOomOptions {
  /** The kernel's log: the device, or a file or pipe of its records. Default `/dev/kmsg`. */
  readonly path?: string;
  /** What records carry as `host`. Default: this machine's name. */
  readonly host?: string;
  /** Where the log may not be read: whether to say so once and give nothing, in place of failing. Default false. */
  readonly optional?: boolean;
}

/**
 * Processes that the kernel killed for want of memory, on the whole machine, as its log tells them.
 *
 * Emits {@link KernelOom} from when it is first subscribed to; subscribed to again, also in a later run from its cursor, it
 * goes on behind the last record, as far as the kernel still keeps it; in another boot it begins with all the kernel
 * keeps. Never completes by itself, except where it is optional and not allowed.
 * What programs write to the log is passed over: the kernel marks it.
 * Errors: `SOURCE_REFUSED` when the log may not be read: that takes root or CAP_SYSLOG; `SOURCE_UNAVAILABLE` when there is none.
 * Bounds: one line of 64 KiB, 64 reports under way.
 * Loss: the kernel keeps its last records, some hundred KiB. Where some were overwritten before they were read, and at the
 * first record of another boot, a {@link Gap} tells so; how many kills were among them nobody knows.
 * Not told: cgroup and container of a kill whose report the kernel left out, for it prints ten in five seconds.
 * Truth: the kernel's Documentation/ABI/testing/dev-kmsg, mm/oom_kill.c.
 *
 * @example kernelOom({ optional: true })
 */
export function kernelOom(options: KernelOomOptions = {}): Source<KernelOom | Gap> {
  checkOptions('kernelOom', options, { path: text, host: text, optional: flag });
  const { path = '/dev/kmsg', host = hostname(), optional = false } = options;
  const place = kernelPlace();
  const oneReader = readerLimit('kernelOom');
  return defineSource({
    name: 'kernelOom',
    cursor: place.cursor,
    countsReceived: true,
    open: (tell, _gate, counts) => {
      const kills = oneReader(readKernelLog({ path, host }, place, tell, counts));
      return optional ? orNothing(kills, path, tell) : kills;
    },
  });
}

/** What `open` answers where there is no log for us. */
const NOT_FOR_US: ReadonlySet<unknown> = new Set(['EPERM', 'EACCES', 'ENOENT']);

const orNothing = <T>(kills: Observable<T>, path: string, tell: Tell): Observable<T> =>
  kills.pipe(
    catchError((error: unknown) => {
      const { code } = Object((error as Error).cause) as { code?: unknown };
      if (!NOT_FOR_US.has(code)) throw error;
      tell({ type: 'notice', message: `does without ${path}, which it may not read (${String(code)})` });
      return EMPTY;
    }),
  );
