import { Observable } from 'rxjs';
import type { Tell } from '../../core/define-source.ts';
import type { EngineConnection } from '../../engine/engine.ts';
import type { Query } from '../../engine/transport.ts';
import { containersIn } from '../../records/container-list.ts';
import type { ContainerInfo, EngineFlavour } from '../../records/container-stats.ts';
import { unclear } from '../shared/answers.ts';
import { containerActions } from '../shared/container-actions.ts';

/** The running containers that are meant, as they come and go. */
export type ContainerChange = ContainerUp | ContainerDown;

/** It runs; said again when its name or image changes. */
export interface ContainerUp {
  readonly type: 'up';
  readonly container: ContainerInfo;
}

export interface ContainerDown {
  readonly type: 'down';
  readonly id: string;
}

/** Lists are at most so frequent, however many containers start at once. */
const LIST_EVERY_MS = 250;
/** And at least so frequent, in case an event was missed. */
const HEAL_EVERY_MS = 60_000;
const ACTIONS = ['start', 'rename', 'die', 'destroy'];
/** Podman leaves paused containers out of its list of those that run, unless asked for them. */
const LISTED: Readonly<Record<EngineFlavour, Query>> = {
  docker: {},
  podman: { filters: JSON.stringify({ status: ['running', 'paused'] }) },
};

/**
 * Follows the running containers: subscribes to the events first, then lists, then applies what came meanwhile.
 * Errors when the events end: then nobody knows what runs.
 */
export function followContainers(
  connection: EngineConnection,
  signal: AbortSignal,
  tell: Tell,
  selects: (container: ContainerInfo) => boolean,
): Observable<ContainerChange> {
  return new Observable((out) => {
    const up = new Map<string, ContainerInfo>();
    /** Ended since the list under way was asked for: that list may still have them. */
    let endedSince = new Set<string>();
    let listing = false;
    let timer: NodeJS.Timeout | undefined;

    const down = (id: string): void => {
      endedSince.add(id);
      if (up.delete(id)) out.next({ type: 'down', id });
    };
    const apply = (listed: readonly ContainerInfo[]): void => {
      const meant = listed.filter((container) => selects(container) && !endedSince.has(container.id));
      const ids = new Set(meant.map(({ id }) => id));
      for (const id of [...up.keys()]) if (!ids.has(id)) down(id);
      for (const container of meant) {
        const known = up.get(container.id);
        if (known?.name === container.name && known.image === container.image) continue;
        up.set(container.id, container);
        out.next({ type: 'up', container });
      }
    };
    const relist = async (): Promise<void> => {
      timer = undefined;
      if (listing) {
        schedule();
        return;
      }
      listing = true;
      endedSince = new Set();
      try {
        apply(containersIn(await connection.containers(LISTED[connection.flavour], signal)));
      } catch (cause) {
        out.error(unclear('the list of containers', connection, cause));
      } finally {
        listing = false;
      }
    };
    const schedule = (): void => {
      if (!out.closed) timer ??= setTimeout(() => void relist(), LIST_EVERY_MS);
    };
    const heal = setInterval(schedule, HEAL_EVERY_MS);
    out.add(() => {
      clearInterval(heal);
      clearTimeout(timer);
    });

    out.add(
      containerActions(connection, signal, tell, ACTIONS, () => void relist()).subscribe({
        next: ({ action, id }) => {
          if (action === 'start' || action === 'rename') schedule();
          else down(id);
        },
        error: (error: unknown) => out.error(error),
      }),
    );
  });
}
