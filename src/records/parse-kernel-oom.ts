import { containerIdOf } from './container-id.ts';
import type { KernelOom } from './kernel-oom.ts';
import type { KernelRecord } from './kernel-record.ts';

/** What the kernel log says of a kill: all but where and when. */
export type KernelKill = Omit<KernelOom, 'kind' | 'host' | 'time'>;

/** What the lines before a kill say of it. */
type Report = Pick<KernelKill, 'uid' | 'constraint' | 'cgroup' | 'limitCgroup'>;

/** What one thread of the kernel has written, as far as it matters for what it writes next. */
interface Thread {
  /** The beginning of a report that another line cut in two. */
  begun?: string;
  /** The report of a kernel before 5.0, which names no process. */
  unnamed?: Report | undefined;
  /** Of the kill before: it holds for the rest of its group too. */
  last?: Report;
  /** A group that is being killed, and when the last line about it came. */
  group?: { readonly report: Report; readonly usec: number };
}

/** Reads one kind of line. */
type Reader = (thread: Thread, match: RegExpExecArray, record: KernelRecord) => KernelKill | undefined;

const MAX_THREADS = 64;
const MAX_REPORTS = 64;
/** Characters: it has three paths of cgroups. */
const MAX_REPORT = 16_384;
/** The members of a group are killed one right after the other. */
const GROUP_USEC = 1_000_000;

const INVOKED = / invoked oom-killer: /;
const REPORT =
  /^oom-kill:constraint=(\w+),.*?(?:oom_memcg=(.*?)|global_oom),task_memcg=(.*),task=(.*?),pid=(\d+),uid=(\d+)$/s;
const REPORT_BEGUN = /^oom-kill:constraint=/;
const OLD_REPORT = /^Task in (.*) killed as a result of limit of (.*)$/s;
const OLD_CHOICE = /^(Memory cgroup out of memory|Out of memory[^:]*): Kill process \d/;
const GROUP = /^Tasks in (.*) are going to be killed due to memory\.oom\.group set$/s;
const KILLED =
  /^(?:(Memory cgroup out of memory|Out of memory[^:]*): )?Killed process (\d+),? (?:UID (\d+), )?\((.*)\)(?:, UID (\d+),)? total-vm:(.*)$/s;

/**
 * Makes kills of the records of a kernel log, handed over in their order. A kill is what the kernel counts as one in
 * `oom_kill` of memory.events: with memory.oom.group it counts the first process, if still there, once more.
 * Records written by programs are passed over. A kill without a report is told without cgroup.
 * Bounds: 64 threads that write at once, 64 reports that wait for their kill.
 * Truth: the kernel's mm/oom_kill.c and mm/memcontrol.c, 3.10 to 6.18.
 */
export function kernelOomReader(): (record: KernelRecord) => KernelKill | undefined {
  const threads = new Map<string, Thread>();
  const reports = new Map<string, Report>();

  const readReport: Reader = (thread, [, constraint, limitCgroup, cgroup, process, pid, uid]) => {
    delete thread.begun;
    reports.set(`${pid} ${process}`, {
      uid: Number(uid),
      ...(constraint !== undefined && { constraint }),
      ...(cgroup !== undefined && { cgroup }),
      ...(limitCgroup !== undefined && { limitCgroup }),
    });
    forgetFirst(reports, MAX_REPORTS);
    return undefined;
  };
  /** From the process's own report, the one that names none, or its group's. */
  const reportOf = (thread: Thread, key: string, usec: number): Report & { readonly group?: true } => {
    const own = reports.get(key) ?? thread.unnamed;
    reports.delete(key);
    delete thread.unnamed;
    if (own !== undefined) return own;
    if (thread.group === undefined || usec - thread.group.usec > GROUP_USEC) return {};
    thread.group = { ...thread.group, usec };
    return { ...thread.group.report, group: true };
  };
  const readKill: Reader = (thread, [, prefix, pid, uid, process = '', uidBehind, sizes = ''], record) => {
    const { group, ...report } = reportOf(thread, `${pid} ${process}`, record.usec);
    thread.last = report;
    const ownUid = uid ?? uidBehind ?? UID.exec(sizes)?.[1];
    const containerId = report.cgroup === undefined ? undefined : containerIdOf(report.cgroup);
    return {
      sequence: record.sequence,
      process,
      pid: Number(pid),
      ...(ownUid !== undefined && { uid: Number(ownUid) }),
      ...constraintOf(prefix),
      ...report,
      ...(containerId !== undefined && { containerId }),
      ...(group === true && { group }),
      ...sizesOf(`total-vm:${sizes}`),
    };
  };
  const readers: readonly (readonly [RegExp, Reader])[] = [
    [INVOKED, readInvoked],
    [REPORT, readReport],
    [REPORT_BEGUN, readReportBegun],
    [OLD_REPORT, readOldReport],
    [OLD_CHOICE, readOldChoice],
    [GROUP, readGroup],
    [KILLED, readKill],
  ];

  return (record) => {
    if (record.isForeign) return undefined;
    const thread = threads.get(record.caller) ?? {};
    const { begun } = thread;
    const isRest = record.continues && record.text.startsWith(',');
    const text = isRest && begun !== undefined ? begun + record.text : record.text;
    for (const [pattern, read] of readers) {
      const match = pattern.exec(text);
      if (match === null) continue;
      threads.set(record.caller, thread);
      forgetFirst(threads, MAX_THREADS);
      return read(thread, match, record);
    }
    return undefined;
  };
}

/** A new report: of what the thread said before nothing holds any more. */
const readInvoked: Reader = (thread) => {
  delete thread.begun;
  delete thread.unnamed;
  delete thread.last;
  delete thread.group;
  return undefined;
};

const readReportBegun: Reader = (thread, { input }) => {
  if (input.length <= MAX_REPORT) thread.begun = input;
  else delete thread.begun;
  return undefined;
};

const readOldReport: Reader = (thread, [, cgroup = '', limitCgroup = '']) => {
  thread.unnamed = { constraint: MEMCG, cgroup, limitCgroup };
  return undefined;
};

const readOldChoice: Reader = (thread, [, prefix]) => {
  thread.unnamed ??= constraintOf(prefix);
  return undefined;
};

const readGroup: Reader = (thread, [, cgroup = ''], { usec }) => {
  const { constraint = MEMCG, limitCgroup } = thread.last ?? {};
  thread.group = {
    report: { constraint, cgroup, ...(limitCgroup !== undefined && { limitCgroup }) },
    usec,
  };
  return undefined;
};

const MEMCG = 'CONSTRAINT_MEMCG';

/** Where no limit of a cgroup was hit, the line itself does not tell which constraint it was. */
const constraintOf = (prefix: string | undefined): Report =>
  prefix?.startsWith('Memory cgroup') === true ? { constraint: MEMCG } : {};

const UID = /, UID:(\d+)/;

const SIZES = [
  ['totalVmBytes', /total-vm:(\d+)kB/],
  ['anonRssBytes', /anon-rss:(\d+)kB/],
  ['fileRssBytes', /file-rss:(\d+)kB/],
  ['shmemRssBytes', /shmem-rss:(\d+)kB/],
] as const;

const sizesOf = (text: string): Partial<Record<(typeof SIZES)[number][0], number>> =>
  Object.fromEntries(
    SIZES.flatMap(([name, pattern]) => {
      const kilobytes = pattern.exec(text)?.[1];
      return kilobytes === undefined ? [] : [[name, Number(kilobytes) * 1024]];
    }),
  );

function forgetFirst(entries: Map<string, unknown>, max: number): void {
  const [first] = entries.keys();
  if (entries.size > max && first !== undefined) entries.delete(first);
}
