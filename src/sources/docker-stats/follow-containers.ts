import { Observable } from 'rxjs';
import type { Tell } from '../../core/define-source.ts';
import { messageOf, PipelineError } from '../../core/errors.ts';
import type { EngineConnection } from '../../engine/engine.ts';
import type { Query } from '../../engine/transport.ts';
import { containersIn } from '../../records/container-list.ts';
import type { ContainerInfo, EngineFlavour } from '../../records/container-stats.ts';
import { answerLines } from '../shared/engine-session.ts';
import { eventFilters } from '../shared/event-filters.ts';

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
const MAX_LINE_BYTES = 4 * 1024 * 1024;
const FILTERS = { type: ['container'], event: ['start', 'rename', 'die', 'destroy'] };
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
        const unclear = `the list of containers from ${connection.address} is wrong: ${messageOf(cause)}`;
        out.error(
          cause instanceof PipelineError
            ? cause
            : new PipelineError('SOURCE_UNAVAILABLE', unclear, { cause }),
        );
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

    const onEvent = (line: string): void => {
      const event = changeIn(line);
      if (event?.action === 'start' || event?.action === 'rename') schedule();
      else if (event !== undefined) down(event.id);
    };
    const answer = connection.events({ filters: eventFilters(FILTERS, connection.flavour) }, signal);
    // The engine sends the headers when it listens: what starts from then on is told.
    answer.then(
      () => relist(),
      () => undefined,
    );
    const events = answerLines(answer, connection.address, { maxBytes: MAX_LINE_BYTES, tell });
    out.add(
      events.subscribe({
        next: onEvent,
        error: (error: unknown) => out.error(error),
        complete: () =>
          out.error(
            new PipelineError('SOURCE_UNAVAILABLE', `the engine at ${connection.address} ended the events`),
          ),
      }),
    );
  });
}

/** What an event line says of a container; nothing for a line that says nothing. */
function changeIn(line: string): { readonly action: string; readonly id: string } | undefined {
  try {
    const event = JSON.parse(line) as { Action?: unknown; Actor?: { ID?: unknown } } | null;
    const { Action: action, Actor: actor } = event ?? {};
    if (typeof action === 'string' && typeof actor?.ID === 'string') return { action, id: actor.ID };
  } catch {
    // A list is due anyway before long.
  }
  return undefined;
}
