import type { EngineConnection } from '../../engine/engine.ts';
import { slots } from '../shared/slots.ts';
import type { Line } from './line-joiner.ts';
import type { OpenLog } from './open-log.ts';
import { PART_BYTES } from './pieces.ts';
import type { StreamName } from './pieces.ts';
import { lastOf } from './log-state.ts';
import type { LogState } from './log-state.ts';
import { readLog } from './read-log.ts';
import { AUDITED_LINES } from './recent-times.ts';

/** What came of a look at what the engine keeps. */
export interface HearAudits {
  /** So many lines of those between are missing. */
  readonly missing: (log: OpenLog, count: number, fromTime: string, toTime: string) => void;
  /** The engine has more, and its follower does not bring it. */
  readonly stalled: (log: OpenLog) => void;
}

const AUDIT_EVERY_MS = 2_000;
/** One that is silent, seldom: its follower may have come to a standstill. */
const SILENT_EVERY = 5;
const AT_ONCE = 4;
const SLOW_MS = 10_000;
const MAX_LINE_BYTES = 1_024;

/**
 * Compares what a follower brings with what the engine keeps, of logs that are rotated: then an engine's follower leaves
 * out lines where it cannot keep up, and Docker 20.10's may bring nothing more at all; neither with a sign.
 */
export function logAudits(
  connection: EngineConnection,
  signal: AbortSignal,
  logs: ReadonlyMap<string, OpenLog>,
  { missing, stalled }: HearAudits,
): { readonly clear: () => void } {
  const requests = slots(AT_ONCE, SLOW_MS);
  const asked = new Set<OpenLog>();
  const isOpen = (log: OpenLog): boolean => logs.get(log.id) === log;

  const compare = (log: OpenLog, stream: StreamName, upTo: string, kept: readonly Line[]): void => {
    const own = kept.filter((line) => line.stream === stream && line.time <= upTo);
    const times = own.map(({ time }) => time);
    const count = log.recent.missing(stream, times);
    if (count > 0) missing(log, count, times[0]!, upTo);
  };
  const judge = (log: OpenLog, before: LogState, kept: readonly Line[], isAll: boolean): void => {
    const { auditedTo, behind, state } = log;
    const first = kept[0]?.time;
    log.auditedTo = lastOf(before);
    // All that came since the last audit may have been rotated away, and more.
    if (isAll && first !== undefined && auditedTo !== undefined && first > auditedTo)
      missing(log, 0, auditedTo, first);
    for (const stream of STREAMS) {
      if (!isOpen(log)) return;
      if ((state.marks[stream]?.time ?? '') < (behind[stream] ?? '')) {
        stalled(log);
        return;
      }
      behind[stream] = kept.findLast((line) => line.stream === stream && !line.isUnfinished)?.time;
      const { [stream]: mark } = before.marks;
      if (mark !== undefined) compare(log, stream, mark.time, kept);
    }
  };
  const audit = async (log: OpenLog): Promise<void> => {
    try {
      if (!isOpen(log)) return;
      const before = { ...log.state, marks: { ...log.state.marks } };
      const tail = log.hasNews ? AUDITED_LINES : 1;
      log.hasNews = false;
      const query = { stdout: true, stderr: true, timestamps: true, tail };
      const answer = await connection.logs(log.id, query, signal);
      const kept: Line[] = [];
      const isWhole = await new Promise<boolean>((resolve) => {
        const { hasTerminal: isTerminal } = log.opened;
        const join = { isTerminal, isAll: true, maxBytes: MAX_LINE_BYTES, cutsInFull: true };
        readLog(answer, join, {
          isHeld: () => false,
          line: (line) => kept.push(line),
          bad: () => undefined,
          done: (error) => resolve(error === undefined),
        });
      });
      if (isWhole && isOpen(log)) judge(log, before, kept, tail > 1 && partsOf(kept) < tail);
    } catch {
      // The next one will do, or the follower itself has an end.
    } finally {
      asked.delete(log);
    }
  };
  let round = 0;
  const isDue = (log: OpenLog): boolean => log.hasNews || round % SILENT_EVERY === 0;
  const timer = setInterval(() => {
    round += 1;
    for (const log of logs.values()) {
      const { opened, reading } = log;
      if (!opened.rotates || !opened.isRunning || reading === undefined || asked.has(log) || !isDue(log))
        continue;
      asked.add(log);
      requests.start(() => audit(log));
    }
  }, AUDIT_EVERY_MS);
  return {
    clear() {
      clearInterval(timer);
      requests.clear();
    },
  };
}

/** An engine's `tail` counts the parts of long lines. */
const partsOf = (lines: readonly Line[]): number =>
  lines.reduce(
    (sum, { text, truncatedBytes }) =>
      sum + 1 + Math.floor((Buffer.byteLength(text) + truncatedBytes) / PART_BYTES),
    0,
  );

const STREAMS: readonly StreamName[] = ['stdout', 'stderr'];
