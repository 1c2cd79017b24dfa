import { Observable } from 'rxjs';
import type { Tell } from '../../core/define-source.ts';
import { PipelineError } from '../../core/errors.ts';
import type { EngineConnection } from '../../engine/engine.ts';
import { answerLines } from './engine-session.ts';
import { eventFilters } from './event-filters.ts';

/** What happened to which container. */
export interface ContainerAction {
  readonly action: string;
  readonly id: string;
}

const MAX_LINE_BYTES = 4 * 1024 * 1024;

/**
 * What happens to containers from now on, of the actions named. `listening` is called once the engine tells: what
 * happens from then on is told. Errors when the events end: then nobody knows what happens.
 */
export function containerActions(
  connection: EngineConnection,
  signal: AbortSignal,
  tell: Tell,
  actions: readonly string[],
  listening: () => void,
): Observable<ContainerAction> {
  return new Observable((out) => {
    const filters = eventFilters({ type: ['container'], event: actions }, connection.flavour);
    const answer = connection.events({ filters }, signal);
    // The engine sends the headers when it listens.
    answer.then(listening, () => undefined);
    return answerLines(answer, connection.address, { maxBytes: MAX_LINE_BYTES, tell }).subscribe({
      next: (line) => {
        const action = actionIn(line);
        if (action !== undefined) out.next(action);
      },
      error: (error: unknown) => out.error(error),
      complete: () =>
        out.error(
          new PipelineError('SOURCE_UNAVAILABLE', `the engine at ${connection.address} ended the events`),
        ),
    });
  });
}

/** What an event line says of a container; nothing for a line that says nothing. */
function actionIn(line: string): ContainerAction | undefined {
  try {
    const event = JSON.parse(line) as { Action?: unknown; Actor?: { ID?: unknown } } | null;
    const { Action: action, Actor: actor } = event ?? {};
    if (typeof action === 'string' && typeof actor?.ID === 'string') return { action, id: actor.ID };
  } catch {
    // Who follows containers lists them before long anyway.
  }
  return undefined;
}
