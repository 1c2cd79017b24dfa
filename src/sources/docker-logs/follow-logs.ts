import { Observable } from 'rxjs';
import type { Tell } from '../../core/define-source.ts';
import { messageOf } from '../../core/errors.ts';
import type { SourceCounts } from '../../core/types.ts';
import type { EngineConnection } from '../../engine/engine.ts';
import { listedContainersIn } from '../../records/container-list.ts';
import type { ContainerInfo } from '../../records/container-stats.ts';
import type { Gap } from '../../records/gap.ts';
import type { LogLine } from '../../records/log-line.ts';
import { isGoing, isGone, isRefusal, unclear } from '../shared/answers.ts';
import { containerActions } from '../shared/container-actions.ts';
import { inspections } from '../shared/inspections.ts';
import { slots } from '../shared/slots.ts';
import { attempts } from './attempts.ts';
import { logAudits } from './audits.ts';
import { logGate } from './log-gate.ts';
import { logRecords } from './log-records.ts';
import { isUnreadable, loggedIn } from './logged-container.ts';
import type { LoggedContainer } from './logged-container.ts';
import { openLog, readOpenLog } from './open-log.ts';
import type { LogOutlet, OpenLog } from './open-log.ts';
import type { LogsPlace } from './place.ts';
import { secondOf } from './log-times.ts';
import { EVER } from './seek.ts';

export interface LogsSettings {
  readonly from: 'now' | 'start';
  readonly selects: (container: ContainerInfo) => boolean;
  readonly keepLabels: (container: ContainerInfo) => ContainerInfo;
  readonly maxLineBytes: number;
  readonly maxLinesPerSecond: number | undefined;
  /** Containers of which it was told that nothing keeps what they write. */
  readonly unreadable: Set<string>;
}

/** What a source hears from the run, and says to it. */
export interface LogsEars {
  readonly tell: Tell;
  readonly counts: SourceCounts;
  /** False while a sink is full. */
  readonly gate: Observable<boolean>;
}

/** Logs being opened at once, and logs of ended containers being read. */
const AT_ONCE = 16;
const OPEN_MS = 10_000;
const READ_MS = 60_000;
/** Containers are listed so often, in case an event was missed. */
const HEAL_EVERY_MS = 60_000;
const ACTIONS = ['start', 'rename', 'destroy'];

/**
 * The lines of all logs that are meant, each from where it was left: follows the containers that run, reads what those
 * have left that do not, and each once more when it has ended: an engine may end a follower before the last line.
 */
export function followLogs(
  connection: EngineConnection,
  signal: AbortSignal,
  settings: LogsSettings,
  place: LogsPlace,
  { tell, counts, gate }: LogsEars,
): Observable<LogLine | Gap> {
  const isBeginning = place.from === undefined;
  const from = (place.from ??= settings.from === 'start' ? EVER : secondOf(connection.clockMs));
  const { selects, keepLabels, unreadable } = settings;
  return new Observable((out) => {
    const logs = new Map<string, OpenLog>();
    /** Ended while they ran, as far as is known. */
    const ended = new Map<string, OpenLog>();
    const opening = slots(AT_ONCE, OPEN_MS);
    const catchingUp = slots(AT_ONCE, READ_MS);
    /** That had ended before the beginning: there is nothing of them to read. */
    let before: ReadonlySet<string> | undefined;
    const records = logRecords(connection);
    const outlet: LogOutlet = {
      ...{ ...settings, from, out, records, tell, counts },
      isWanted: (log) => logs.get(log.id) === log,
      isHeld: () => gated.isHeld(),
    };

    const trying = attempts((id) => gated.ask(id));
    const failed = (error: Error, id: string, hadLines = false): void => {
      if (isRefusal(error)) {
        out.error(error);
        return;
      }
      const times = trying.again(id, hadLines);
      // The first time it may be the whole engine that goes away.
      if (times === 2 && !isGone(error) && !isGoing(error)) tell({ type: 'notice', message: error.message });
    };
    const leaveOut = (id: string, name: string, why: string): void => {
      if (unreadable.has(id)) return;
      unreadable.add(id);
      tell({ type: 'notice', message: `the log of ${name} cannot be read and is left out: ${why}` });
    };
    const gone = (id: string): void => {
      if (gated.isHeld()) {
        gated.ask(id);
        return;
      }
      const log = logs.get(id);
      if (log !== undefined && !log.isGone) {
        // Its last lines are still coming; who says so twice has waited long enough.
        log.isGone = true;
        return;
      }
      if (log !== undefined) gated.close(log);
      const state = place.logs.get(id);
      const last = ended.get(id);
      // What has no newline will get none.
      last?.reading?.finish();
      if (out.closed) return;
      for (const known of [place.logs, ended, unreadable]) known.delete(id);
      trying.forget(id);
      // Docker's follower comes to the end before the container goes, Podman's may not.
      const hasEnded = last !== undefined && connection.flavour === 'docker';
      if (state === undefined || state.isRead || hasEnded) return;
      counts.added += 1;
      out.next(records.gap(id, state, 'container-removed'));
    };
    const onDone = (log: OpenLog, error: Error | undefined): void => {
      const { id, opened, latest, state, lines } = log;
      logs.delete(id);
      if (error !== undefined) {
        if (isUnreadable(error)) leaveOut(id, opened.container.name, error.message);
        else failed(error, id, lines > 0);
      } else if (opened.isRunning) {
        ended.set(id, log);
        trying.again(id, lines > 0);
      } else {
        state.isRead = true;
        ended.delete(id);
        trying.forget(id);
        if (latest.isRunning || latest.run !== opened.run) gated.ask(id);
      }
    };
    const open = (seen: LoggedContainer, run: string): void => {
      const info = keepLabels(seen.container);
      const { id, name } = info;
      const state = place.logs.get(id) ?? { name, run, isRead: false, marks: {} };
      place.logs.set(id, state);
      state.name = name;
      if (!seen.isRunning && state.isRead && state.run === run) return;
      Object.assign(state, { run, isRead: false });
      if (seen.isRunning || ended.get(id)?.opened.run !== run) ended.delete(id);
      const log = openLog(seen, info, state);
      logs.set(id, log);
      (seen.isRunning ? opening : catchingUp).start(() =>
        readOpenLog(log, connection, signal, outlet, (error) => onDone(log, error)),
      );
    };
    const onInspected = (body: unknown): void => {
      let seen: LoggedContainer;
      try {
        seen = loggedIn(body);
      } catch (error) {
        tell({ type: 'notice', message: `what was told of a container is wrong: ${messageOf(error)}` });
        return;
      }
      const { container, run, driver, isLeaving } = seen;
      const { id, name } = container;
      const log = logs.get(id);
      if (!selects(container)) {
        if (log !== undefined) gated.close(log);
      } else if (log !== undefined) Object.assign(log, { latest: seen, info: keepLabels(container) });
      else if (gated.isHeld()) gated.ask(id);
      else if (driver === 'none') leaveOut(id, name, 'it has the log driver none');
      else if (run !== undefined && !isLeaving && !unreadable.has(id)) open(seen, run);
    };
    const inspecting = inspections(
      connection,
      signal,
      { answer: onInspected, gone, failed },
      { size: false },
    );
    const gated = logGate(gate, logs, inspecting.ask);
    const auditing = logAudits(connection, signal, logs, {
      missing(log, count, fromTime, toTime) {
        counts.added += 1;
        out.next({ ...records.gap(log.id, log.state, 'log-cut', toTime), fromTime, atLeast: count });
      },
      stalled(log) {
        gated.close(log);
        gated.ask(log.id);
      },
    });

    const list = async (): Promise<void> => {
      try {
        const listed = listedContainersIn(await connection.containers({ all: true }, signal));
        const ids = new Set(listed.map(({ id }) => id));
        const down = listed.filter(({ phase }) => phase === 'down').map(({ id }) => id);
        before ??= new Set(isBeginning && settings.from === 'now' ? down : []);
        const isOver = (id: string): boolean => before?.has(id) === true && !place.logs.has(id);
        for (const id of [...place.logs.keys()]) if (!ids.has(id)) gated.ask(id);
        for (const id of ids) if (!logs.has(id) && !isOver(id)) gated.ask(id);
      } catch (error) {
        out.error(unclear('the list of containers', connection, error));
      }
    };
    const heal = setInterval(() => void list(), HEAL_EVERY_MS);
    out.add(() => {
      clearInterval(heal);
      for (const each of [auditing, trying, inspecting, opening, catchingUp]) each.clear();
      gated.end();
    });
    out.add(
      containerActions(connection, signal, tell, ACTIONS, () => void list()).subscribe({
        next: ({ id }) => gated.ask(id),
        error: (error: unknown) => out.error(error),
      }),
    );
  });
}
