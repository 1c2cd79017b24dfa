import { Observable } from 'rxjs';
import type { Tell } from '../../core/define-source.ts';
import type { SourceCounts } from '../../core/types.ts';
import type { EngineConnection } from '../../engine/engine.ts';
import type { CgroupNaming } from '../../records/cgroup-path.ts';
import type { ContainerFacts } from '../../records/container-facts.ts';
import { listedContainersIn } from '../../records/container-list.ts';
import { engineInfoIn, type EngineInfo } from '../../records/engine-info.ts';
import { inspectedIn, type Inspected } from '../../records/parse-container-facts.ts';
import { isRefusal, unclear } from '../shared/answers.ts';
import { containerActions } from '../shared/container-actions.ts';
import { inspections } from '../shared/inspections.ts';
import { knownFacts, type Marks } from './known-facts.ts';

export interface FollowOptions {
  readonly everyMs: number;
  readonly measureEveryMs: number | undefined;
  readonly keepLabel: (key: string) => boolean;
  /** What the connection before knew. */
  readonly left: Map<string, ContainerFacts>;
  readonly tell: Tell;
  readonly counts: SourceCounts;
}

/** What changes something that inspecting tells. */
const ACTIONS = [
  ...['create', 'start', 'pause', 'unpause', 'die', 'oom', 'health_status'],
  ...['rename', 'update', 'destroy'],
];

/**
 * The facts of all containers, as they change: listens to the events first, then asks the engine about itself, lists,
 * and inspects what is new, what an event names and what a list shows otherwise than it was told.
 */
export function followFacts(
  connection: EngineConnection,
  signal: AbortSignal,
  { everyMs, measureEveryMs, keepLabel, left, tell, counts }: FollowOptions,
): Observable<ContainerFacts | EngineInfo> {
  const marks: Marks = {
    host: connection.host,
    ...(connection.simulated && { simulated: true }),
    engine: connection.flavour,
  };
  return new Observable((out) => {
    const known = knownFacts(marks, keepLabel, left);
    let naming: CgroupNaming = { flavour: connection.flavour, driver: '' };
    let looking = false;

    const received = (body: unknown): Inspected | undefined => {
      counts.received += 1;
      try {
        return inspectedIn(body);
      } catch {
        tell({ type: 'rejected', reason: 'not-a-container', count: 1 });
        return undefined;
      }
    };
    const gone = (id: string): void => {
      const last = known.forget(id, now());
      if (last === undefined) return;
      counts.added += 1;
      out.next(last);
    };
    const failed = (error: Error): void => {
      // Of all others the next look asks again.
      if (isRefusal(error)) out.error(error);
      else tell({ type: 'notice', message: error.message });
    };
    const onInspected = (body: unknown): void => {
      const inspected = received(body);
      if (inspected === undefined) return;
      const { id } = inspected.container;
      if (measureEveryMs !== undefined && !known.isTold(id)) measuring.ask(id);
      out.next(known.tell(inspected, naming, now()));
    };
    const onMeasured = (body: unknown): void => {
      const inspected = received(body);
      if (inspected === undefined) return;
      const { container, writtenBytes } = inspected;
      const facts =
        writtenBytes === undefined ? undefined : known.measured(container.id, writtenBytes, now());
      if (facts === undefined) counts.filtered += 1;
      else out.next(facts);
    };
    const inspecting = inspections(
      connection,
      signal,
      { answer: onInspected, gone, failed },
      { size: false },
    );
    const measuring = inspections(connection, signal, { answer: onMeasured, gone, failed }, { size: true });

    const askEngine = async (): Promise<void> => {
      try {
        const info = engineInfoIn(await connection.info(signal));
        counts.received += 1;
        naming = { flavour: connection.flavour, driver: info.cgroupDriver };
        out.next({ kind: 'engine-info', ...marks, time: now(), ...info });
      } catch (error) {
        if (!isRefusal(error)) throw unclear('what the engine told of itself', connection, error);
        tell({ type: 'notice', message: (error as Error).message });
      }
    };
    const list = async (): Promise<void> => {
      try {
        const listed = listedContainersIn(await connection.containers({ all: true }, signal));
        const ids = new Set(listed.map(({ id }) => id));
        for (const container of listed) if (!known.agrees(container)) inspecting.ask(container.id);
        for (const id of known.ids()) if (!ids.has(id)) inspecting.ask(id);
      } catch (error) {
        throw unclear('the list of containers', connection, error);
      }
    };
    const look = async (): Promise<void> => {
      if (looking) return;
      looking = true;
      try {
        await askEngine();
        await list();
      } catch (error) {
        out.error(error);
      } finally {
        looking = false;
      }
    };
    const timers = [setInterval(() => void look(), everyMs)];
    if (measureEveryMs !== undefined)
      timers.push(setInterval(() => known.ids().forEach(measuring.ask), measureEveryMs));
    out.add(() => {
      timers.forEach(clearInterval);
      inspecting.clear();
      measuring.clear();
      known.leave();
    });
    out.add(
      containerActions(connection, signal, tell, ACTIONS, () => void look()).subscribe({
        next: ({ id }) => inspecting.ask(id),
        error: (error: unknown) => out.error(error),
      }),
    );
  });
}

const now = (): string => new Date().toISOString();
