import { setMaxListeners } from 'node:events';
import { Observable } from 'rxjs';
import { PipelineError } from '../../core/errors.ts';
import type { EngineConnection } from '../../engine/engine.ts';
import type { DockerEvent } from '../../records/docker-event.ts';
import type { Gap } from '../../records/gap.ts';
import { answerLines } from '../shared/engine-session.ts';
import { eventFilters } from '../shared/event-filters.ts';
import { arrive } from './arrival.ts';
import type { Arrival } from './arrival.ts';
import { audits } from './audits.ts';
import { eventLines } from './event-lines.ts';
import type { Ear } from './event-lines.ts';
import { heldLines } from './held-lines.ts';
import type { HeldLines } from './held-lines.ts';
import type { Place } from './place.ts';
import type { EventsSettings } from './settings.ts';

/** Podman replays its history from a file: as far as this before the last event seen. */
const PODMAN_OVERLAP_S = 10;
/** An engine that takes longer to tell of its containers is not waited for. */
const ARRIVAL_MS = 30_000;

/**
 * Reads the events of one connection, on from the place. Lines are held until it is known what must be told before
 * them; from then on each goes straight through.
 */
export function readEvents(
  connection: EngineConnection,
  signal: AbortSignal,
  settings: EventsSettings,
  place: Place,
  ear: Ear,
): Observable<DockerEvent | Gap> {
  const { address, flavour } = connection;
  const filters = settings.filters && eventFilters(settings.filters, flavour);
  const { maxLineBytes } = settings;
  const { tell, counts } = ear;
  place.fromNano ??= `${Math.floor(connection.clockMs / 1000)}000000000`;
  return new Observable((out) => {
    const lines = eventLines(connection, signal, settings, place, ear, (event) => out.next(event));
    let held: HeldLines | undefined = heldLines();
    let ended: { readonly error: unknown } | undefined;

    const onLine = (line: string): void => {
      if (held === undefined) {
        lines.take(line);
        return;
      }
      counts.held += 1;
      if (!held.add(line)) patience.abort();
    };
    /** What came before the end is told first. */
    const end = (error: unknown): void => {
      ended ??= { error };
      patience.abort();
      if (held !== undefined) return;
      lines.flush();
      out.error(ended.error);
    };
    /** Says first what was missed; a subscriber that leaves gets the rest when it comes back. */
    const begin = (): void => {
      for (let next = place.untold.shift(); next !== undefined; next = place.untold.shift()) {
        const { record, isTold } = next;
        if (record.kind === 'docker-event') place.pass(record);
        if (isTold) {
          counts.added += 1;
          out.next(record);
        }
        if (out.closed) return;
      }
      const waiting = held?.all ?? [];
      held = undefined;
      for (const line of waiting) {
        counts.held -= 1;
        lines.take(line);
        if (out.closed) return;
      }
      if (ended !== undefined) return end(ended.error);
      const { audit: limits } = settings;
      if (limits === false) return;
      const audited = { connection, signal, limits, filters, maxLineBytes, place, expect: lines.expect };
      out.add(audits(audited).subscribe({ error: end }));
    };

    const patience = new AbortController();
    // Every open request listens to it: as many as there are containers looked at.
    setMaxListeners(0, patience.signal);
    const limit = setTimeout(() => patience.abort(), ARRIVAL_MS);
    const abort = (): void => patience.abort();
    signal.addEventListener('abort', abort);
    out.add(() => {
      clearTimeout(limit);
      place.cut();
      // What was not emitted will be sent again.
      counts.deduplicated += counts.held;
      counts.held = 0;
    });
    const answer = connection.events({ since: sinceOf(connection, place), filters }, signal);
    const arrival: Arrival = {
      ...{ connection, signal, patience: patience.signal, settings, place, held, tell },
      eventOf: lines.eventOf,
    };
    const arrived = answer.then(() => arrive(arrival)).finally(() => clearTimeout(limit));
    arrived.then(
      (error) => {
        if (error !== undefined) ended ??= { error };
        if (!out.closed) begin();
      },
      (error: unknown) => out.error(ended?.error ?? error),
    );
    out.add(
      answerLines(answer, address, { maxBytes: maxLineBytes, tell, counts }).subscribe({
        next: onLine,
        error: end,
        complete: () =>
          end(new PipelineError('SOURCE_UNAVAILABLE', `the engine at ${address} ended the events`)),
      }),
    );
  });
}

/** All that the engine keeps: the order of its ring is not the order of time, so no later start is safe. */
function sinceOf({ flavour }: EngineConnection, { fromNano = '', lastNano }: Place): string {
  if (flavour === 'docker') return '0';
  const seconds = (nano: string): number => Number(nano.slice(0, -9));
  const from = seconds(fromNano);
  return String(lastNano === undefined ? from : Math.max(from, seconds(lastNano) - PODMAN_OVERLAP_S));
}
