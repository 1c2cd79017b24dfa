import { Observable } from 'rxjs';
import { PipelineError, messageOf } from '../../core/errors.ts';
import { supervise } from '../../core/supervise.ts';
import type { Tell } from '../../core/define-source.ts';
import type { Engine, EngineConnection } from '../../engine/engine.ts';
import { isObject } from '../../records/check.ts';
import { containersIn } from '../../records/container-list.ts';
import { keptLabels } from '../../records/labels.ts';
import { answerLines, engineSession } from '../shared/engine-session.ts';
import { eventFilters } from '../shared/event-filters.ts';
import type { Keep, Names } from './names.ts';

const MAX_LINE_BYTES = 4 * 1024 * 1024;
const FILTERS = { type: ['container'], event: ['create', 'start', 'rename', 'destroy'] };
const BACKOFF = { firstMs: 1_000 };
/** What the engine says in the attributes of an event beside the labels. */
const OWN = new Set(['name', 'image', 'oldName']);

/**
 * Learns from an engine what its containers are called, as they come and are renamed. Emits once, when the first list is
 * there. It never ends, and never fails: while the engine is away names are asked of cAdvisor alone, and that is told.
 */
export function engineNames(engine: Engine, names: Names, keep: Keep, tell: Tell): Observable<void> {
  let isToldAway = false;
  const toldAway = (error: unknown): void => {
    if (!isToldAway)
      tell({ type: 'notice', message: `names and labels come from cAdvisor alone: ${messageOf(error)}` });
    isToldAway = true;
  };
  const unheard: Tell = () => undefined;
  return new Observable((out) => {
    out.add(
      engineSession(engine, unheard, (connection, signal) => learning(connection, signal, names, keep))
        .pipe(supervise(BACKOFF, toldAway))
        .subscribe({
          next: () => {
            isToldAway = false;
            out.next();
          },
          error: toldAway,
        }),
    );
  });
}

function learning(
  connection: EngineConnection,
  signal: AbortSignal,
  names: Names,
  keep: Keep,
): Observable<void> {
  const filters = eventFilters(FILTERS, connection.flavour);
  const answer = connection.events({ filters }, signal);
  const learnAll = async (): Promise<void> => {
    await answer;
    for (const { id, name, image, labels } of containersIn(
      await connection.containers({ all: true }, signal),
    ))
      names.learn(id, { name, image, labels: keptLabels(labels, keep) });
  };
  return new Observable((out) => {
    out.add(
      answerLines(answer, connection.address, {
        maxBytes: MAX_LINE_BYTES,
        tell: () => undefined,
      }).subscribe({
        next: (line) => learnOf(line, names, keep),
        error: (error: unknown) => out.error(error),
        complete: () => out.error(new PipelineError('SOURCE_UNAVAILABLE', 'the engine ended its events')),
      }),
    );
    learnAll().then(
      () => out.next(),
      (error: unknown) => out.error(error),
    );
  });
}

/** An event tells the name, the image and all labels of its container. */
function learnOf(line: string, names: Names, keep: Keep): void {
  let actor: unknown;
  try {
    actor = (JSON.parse(line) as { Actor?: unknown } | null)?.Actor;
  } catch {
    return;
  }
  const { ID: id, Attributes: attributes } = isObject(actor) ? actor : {};
  if (typeof id !== 'string' || !isObject(attributes)) return;
  const { name, image } = attributes;
  names.learn(id, {
    ...(typeof name === 'string' && { name }),
    ...(typeof image === 'string' && { image }),
    labels: keptLabels(attributes, (key) => !OWN.has(key) && keep(key)),
  });
}
