import type { Subscriber } from 'rxjs';
import type { Tell } from '../../core/define-source.ts';
import { PipelineError } from '../../core/errors.ts';
import type { SourceCounts } from '../../core/types.ts';
import type { EngineConnection } from '../../engine/engine.ts';
import type { ContainerInfo } from '../../records/container-stats.ts';
import type { Gap } from '../../records/gap.ts';
import type { LogLine } from '../../records/log-line.ts';
import type { Line } from './line-joiner.ts';
import { lineLimit } from './line-limit.ts';
import type { LogRecords } from './log-records.ts';
import type { StreamName } from './pieces.ts';
import { AUDITED_LINES, recentTimes } from './recent-times.ts';
import type { RecentTimes } from './recent-times.ts';
import type { LoggedContainer } from './logged-container.ts';
import { markBehind } from './log-state.ts';
import type { LogState } from './log-state.ts';
import { readLog } from './read-log.ts';
import type { LogReading } from './read-log.ts';
import { seeker, sinceFor } from './seek.ts';

/** The log of a container, from its being asked for to its end. */
export interface OpenLog {
  readonly id: string;
  /** The container as it was when its log was opened, and as it is now. */
  readonly opened: LoggedContainer;
  latest: LoggedContainer;
  /** As its records name it. */
  info: ContainerInfo;
  readonly state: LogState;
  lines: number;
  /** The engine knows its container no more. */
  isGone: boolean;
  reading?: LogReading;
  /** What audits compare: kept of logs that are rotated. */
  readonly recent: RecentTimes;
  /** Whether a line came since the last audit, up to when that was, and up to when the engine had some then. */
  hasNews: boolean;
  auditedTo: string | undefined;
  readonly behind: Partial<Record<StreamName, string | undefined>>;
}

export const openLog = (opened: LoggedContainer, info: ContainerInfo, state: LogState): OpenLog => ({
  ...{ id: info.id, opened, latest: opened, info, state, lines: 0, isGone: false },
  ...{ recent: recentTimes(AUDITED_LINES), hasNews: false, auditedTo: undefined, behind: {} },
});

export interface LogOutlet {
  readonly out: Subscriber<LogLine | Gap>;
  readonly records: LogRecords;
  readonly tell: Tell;
  readonly counts: SourceCounts;
  readonly maxLineBytes: number;
  readonly maxLinesPerSecond: number | undefined;
  /** Lines before are none of ours. */
  readonly from: string;
  /** Whether that log is still to be read. */
  readonly isWanted: (log: OpenLog) => boolean;
  /** Whether nothing may be emitted now. */
  readonly isHeld: () => boolean;
}

/**
 * Asks for a log behind its marks and emits what comes: as it is written while the container runs, else what there is.
 * Resolves when it has begun, or where it has an end, with that. `done` is told of the end, with an error if it had one.
 */
export async function readOpenLog(
  log: OpenLog,
  connection: EngineConnection,
  signal: AbortSignal,
  outlet: LogOutlet,
  done: (error?: Error) => void,
): Promise<void> {
  const { id, opened, state } = log;
  const { isWanted, tell, counts } = outlet;
  if (!isWanted(log)) return;
  const query = {
    ...{ stdout: true, stderr: true, timestamps: true, follow: opened.isRunning },
    since: sinceFor(state, outlet.from),
  };
  let answer: Awaited<ReturnType<EngineConnection['logs']>>;
  try {
    answer = await connection.logs(id, query, signal);
  } catch (error) {
    if (isWanted(log)) done(error as Error);
    return;
  }
  if (!isWanted(log)) {
    answer.destroy();
    return;
  }
  await new Promise<void>((resolve) => {
    log.reading = readLog(
      answer,
      {
        isTerminal: opened.hasTerminal,
        isAll: !opened.isRunning,
        maxBytes: outlet.maxLineBytes,
        cutsInFull: connection.flavour === 'docker',
      },
      {
        isHeld: outlet.isHeld,
        line: lineEmitter(log, outlet),
        bad() {
          counts.received += 1;
          tell({ type: 'rejected', reason: 'no-time', count: 1 });
        },
        done(error) {
          resolve();
          done(error && brokenOff(connection.address, error));
        },
      },
    );
    answer.once('close', resolve);
    if (outlet.isHeld()) log.reading.hold();
    if (opened.isRunning) resolve();
  });
}

function lineEmitter(
  log: OpenLog,
  { out, records, tell, counts, maxLinesPerSecond }: LogOutlet,
): (line: Line) => void {
  const { id, state } = log;
  const find = seeker(state);
  const passes = lineLimit(maxLinesPerSecond);
  return (line) => {
    if (out.closed) return;
    const finding = find(line);
    if (finding === 'cut') {
      const gap = records.gap(id, state, 'log-cut', line.time);
      state.marks = {};
      counts.added += 1;
      out.next(gap);
      // Whoever took it may have had enough: the line comes again.
      if (isClosed(out)) return;
    }
    counts.received += 1;
    log.lines += 1;
    if (finding === 'known') {
      counts.deduplicated += 1;
      return;
    }
    if (log.opened.rotates) log.recent.push(line.stream, line.time);
    log.auditedTo ??= line.time;
    log.hasNews = true;
    state.marks[line.stream] = markBehind(state.marks[line.stream], line.time, line.text);
    if (passes(line.time)) out.next(records.line(line, log.info));
    else tell({ type: 'dropped', reason: 'rate-limit', count: 1 });
  };
}

const isClosed = ({ closed }: Subscriber<unknown>): boolean => closed;

const brokenOff = (address: string, cause: Error): PipelineError =>
  new PipelineError('SOURCE_UNAVAILABLE', `the engine at ${address} broke off a log (${cause.message})`, {
    cause,
  });
