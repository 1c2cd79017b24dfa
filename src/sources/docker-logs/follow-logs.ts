import { Observable } from 'rxjs';
import { backoffMs } from '../../core/backoff.ts';
import type { Tell } from '../../core/define-source.ts';
import { messageOf } from '../../core/errors.ts';
import type { SourceCounts } from '../../core/types.ts';
import type { EngineConnection } from '../../engine/engine.ts';
import { listedContainersIn } from '../../records/container-list.ts';
import type { ContainerInfo } from '../../records/container-stats.ts';
import type { Gap } from '../../records/gap.ts';
import type { LogLine } from '../../records/log-line.ts';
import { isRefusal, unclear } from '../shared/answers.ts';
import { containerActions } from '../shared/container-actions.ts';
import { inspections } from '../shared/inspections.ts';
import { slots } from '../shared/slots.ts';
import { logRecords } from './log-records.ts';
import { loggedIn } from './logged-container.ts';
import type { LoggedContainer } from './logged-container.ts';
import { readOpenLog } from './open-log.ts';
import type { LogOutlet, OpenLog } from './open-log.ts';
import type { LogsPlace } from './place.ts';
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
  { tell, counts }: { readonly tell: Tell; readonly counts: SourceCounts },
): Observable<LogLine | Gap> {
  const isBeginning = place.from === undefined;
  const from = (place.from ??= settings.from === 'start' ? EVER : secondOf(connection.clockMs));
  const { selects, keepLabels, unreadable } = settings;
  return new Observable((out) => {
    const logs = new Map<string, OpenLog>();
    /** Ended while they ran, as far as is known. */
    const ended = new Map<string, OpenLog>();
    const failures = new Map<string, number>();
    const timers = new Map<string, NodeJS.Timeout>();
    const opening = slots(AT_ONCE, OPEN_MS);
    const catchingUp = slots(AT_ONCE, READ_MS);
    /** That had ended before the beginning: there is nothing of them to read. */
    let before: ReadonlySet<string> | undefined;
    const records = logRecords(connection);
    const isWanted = (log: OpenLog): boolean => logs.get(log.id) === log;
    const outlet: LogOutlet = { ...settings, from, out, records, tell, counts, isWanted };

    const askAfter = (id: string, ms: number): void => {
      clearTimeout(timers.get(id));
      const ask = (): void => {
        timers.delete(id);
        inspecting.ask(id);
      };
      timers.set(id, setTimeout(ask, ms));
    };
    const failed = (error: Error, id: string): void => {
      if (isRefusal(error)) {
        out.error(error);
        return;
      }
      const times = (failures.get(id) ?? 0) + 1;
      failures.set(id, times);
      // The first time it may be the whole engine that goes away, or the container.
      if (times === 2) tell({ type: 'notice', message: error.message });
      askAfter(id, backoffMs(times, BACKOFF));
    };
    const leaveOut = (id: string, name: string, why: string): void => {
      if (unreadable.has(id)) return;
      unreadable.add(id);
      tell({ type: 'notice', message: `the log of ${name} cannot be read and is left out: ${why}` });
    };
    const gone = (id: string): void => {
      const state = place.logs.get(id);
      const last = ended.get(id);
      // What has no newline will get none.
      last?.reading?.finish();
      if (out.closed) return;
      for (const known of [place.logs, ended, failures, unreadable]) known.delete(id);
      if (state === undefined || state.isRead || last !== undefined) return;
      counts.added += 1;
      out.next(records.gap(id, state, 'container-removed'));
    };
    const onDone = (log: OpenLog, error: Error | undefined): void => {
      const { id, opened, latest, state, lines } = log;
      logs.delete(id);
      if (lines > 0) failures.delete(id);
      if (error !== undefined) {
        if (isUnreadable(error)) leaveOut(id, opened.container.name, error.message);
        else failed(error, id);
      } else if (opened.isRunning) {
        ended.set(id, log);
        const times = lines > 0 ? 0 : (failures.get(id) ?? -1) + 1;
        failures.set(id, times);
        askAfter(id, times === 0 ? 0 : backoffMs(times, BACKOFF));
      } else {
        state.isRead = true;
        if (latest.isRunning || latest.run !== opened.run) inspecting.ask(id);
      }
    };
    const open = (id: string, seen: LoggedContainer, run: string, info: ContainerInfo): void => {
      const state = place.logs.get(id) ?? { name: info.name, run, isRead: false, marks: {} };
      place.logs.set(id, state);
      state.name = info.name;
      if (!seen.isRunning && state.isRead && state.run === run) return;
      Object.assign(state, { run, isRead: false });
      ended.delete(id);
      const log: OpenLog = { id, opened: seen, latest: seen, info, state, lines: 0 };
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
      const { container, run, driver } = seen;
      const { id, name } = container;
      const log = logs.get(id);
      if (!selects(container)) {
        log?.reading?.stop();
        logs.delete(id);
      } else if (log !== undefined) {
        Object.assign(log, { latest: seen, info: keepLabels(container) });
      } else if (driver === 'none') leaveOut(id, name, 'it has the log driver none');
      else if (run !== undefined && !unreadable.has(id)) open(id, seen, run, keepLabels(container));
    };
    const inspecting = inspections(connection, signal, { answer: onInspected, gone, failed }, WHOLE);

    const list = async (): Promise<void> => {
      try {
        const listed = listedContainersIn(await connection.containers({ all: true }, signal));
        const ids = new Set(listed.map(({ id }) => id));
        const down = listed.filter(({ phase }) => phase === 'down').map(({ id }) => id);
        before ??= new Set(isBeginning && settings.from === 'now' ? down : []);
        const isOver = (id: string): boolean => before?.has(id) === true && !place.logs.has(id);
        for (const id of [...place.logs.keys()]) if (!ids.has(id)) inspecting.ask(id);
        for (const id of ids) if (!logs.has(id) && !isOver(id)) inspecting.ask(id);
      } catch (error) {
        out.error(unclear('the list of containers', connection, error));
      }
    };
    const heal = setInterval(() => void list(), HEAL_EVERY_MS);
    out.add(() => {
      clearInterval(heal);
      for (const timer of timers.values()) clearTimeout(timer);
      for (const each of [inspecting, opening, catchingUp]) each.clear();
      for (const { reading } of logs.values()) reading?.stop();
      logs.clear();
    });
    out.add(
      containerActions(connection, signal, tell, ACTIONS, () => void list()).subscribe({
        next: ({ id }) => inspecting.ask(id),
        error: (error: unknown) => out.error(error),
      }),
    );
  });
}

const WHOLE = { size: false };
const BACKOFF = { firstMs: 500 };
const UNREADABLE = /does not support reading|cannot read logs|not logging output/;

/** 501 is Docker's word for it, Podman has none of its own. */
const isUnreadable = (error: Error): boolean =>
  (error.cause as { status?: unknown } | undefined)?.status === 501 || UNREADABLE.test(error.message);

/** As records write times. */
const secondOf = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}.000000000Z`;
