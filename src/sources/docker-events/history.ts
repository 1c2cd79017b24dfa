import type { EngineConnection } from '../../engine/engine.ts';
import { digitsBetween, isEarlier } from '../../records/digits.ts';
import type { DockerEvent } from '../../records/docker-event.ts';
import { eventFilters } from '../shared/event-filters.ts';
import { within } from '../shared/within.ts';
import { PAST_MS, pastEvents } from './past-events.ts';
import type { Place } from './place.ts';
import type { EventsSettings } from './settings.ts';

interface Beginning {
  readonly connection: EngineConnection;
  readonly place: Place;
  readonly settings: EventsSettings;
  readonly signal: AbortSignal;
  readonly eventOf: (line: string) => DockerEvent | undefined;
}

/**
 * Makes known what the engine keeps from before the beginning: the stream replays it, and it is not news. Told by its
 * lines from then on: times prove nothing once the engine's clock has been set back.
 */
export async function getHistory({ connection, place, settings, signal, eventOf }: Beginning): Promise<void> {
  const { fromNano = '0', lines, ring } = place;
  const fromMs = digitsBetween('0', fromNano) / 1e6;
  const isHistory = (line: string): boolean => {
    const event = eventOf(line);
    return event !== undefined && isEarlier(event.timeNano, fromNano);
  };
  // Also when the stream has ended meanwhile: what it brought is told only if that can be told from history.
  const past = async (filters: string | undefined): Promise<readonly string[]> => {
    const query = { sinceMs: 0, untilMs: fromMs, filters, maxLineBytes: settings.maxLineBytes };
    const kept = await within(PAST_MS, signal, (limited) => pastEvents(connection, query, limited));
    return kept.filter(isHistory);
  };
  const nowMs = await within(PAST_MS, signal, (limited) => connection.clock(limited));
  // Set back already, the engine would tell live events as the past: better old ones come as new than new ones never.
  if (connection.flavour === 'docker' && nowMs >= fromMs) {
    const filters = settings.filters && eventFilters(settings.filters, connection.flavour);
    (await past(filters)).forEach(lines.receive);
    lines.settle(lines.received);
    if (filters !== undefined) (await past(undefined)).forEach(ring.mark);
  }
  place.hasHistory = true;
}
