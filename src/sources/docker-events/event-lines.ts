import type { Tell } from '../../core/define-source.ts';
import type { SourceCounts } from '../../core/types.ts';
import type { EngineConnection } from '../../engine/engine.ts';
import type { DockerEvent } from '../../records/docker-event.ts';
import { dockerEventParser } from '../../records/parse-docker-event.ts';
import type { Place } from './place.ts';
import type { EventsSettings } from './settings.ts';
import { verifiedExits } from './verified-exits.ts';

/** Who hears what a source says and counts of itself. */
export interface Ear {
  readonly tell: Tell;
  readonly counts: SourceCounts;
}

/** The way of one connection's lines to events. */
export interface EventLines {
  /** Emits the event of a line that is new, moves the place behind it. */
  readonly take: (line: string) => void;
  /** The event of a line that would be emitted; nothing of others. */
  readonly eventOf: (line: string) => DockerEvent | undefined;
  /** Watches for lines; the function returned ends that and gives those that have not come. */
  readonly expect: (lines: readonly string[]) => () => readonly string[];
  /** Emits what waits for an answer of the engine without it. */
  readonly flush: () => void;
}

export function eventLines(
  connection: EngineConnection,
  signal: AbortSignal,
  settings: EventsSettings,
  place: Place,
  { tell, counts }: Ear,
  emit: (event: DockerEvent) => void,
): EventLines {
  const { lines, containers } = place;
  const parse = dockerEventParser({ ...connection, ...settings });
  let isNew: ((line: string) => boolean) | undefined;
  let expected: Set<string> | undefined;

  const read = (line: string): DockerEvent | undefined => {
    try {
      return parse(line);
    } catch (error) {
      const reason = error instanceof SyntaxError ? 'invalid-json' : 'not-an-event';
      tell({ type: 'rejected', reason, count: 1 });
      return undefined;
    }
  };
  const deliver = (event: DockerEvent, received: number): void => {
    place.pass(event);
    lines.settle(received);
    emit(event);
  };
  const exits = settings.verifyExit
    ? verifiedExits(connection, signal, containers, { tell, counts }, deliver)
    : { isHolding: false, pass: deliver, flush: () => undefined };
  return {
    take(line) {
      expected?.delete(line);
      // Not before the first line: what is known is not complete until the arrival.
      isNew ??= lines.replayed();
      if (!isNew(line)) {
        counts.deduplicated += 1;
        return;
      }
      lines.receive(line);
      const event = read(line);
      if (event !== undefined) exits.pass(event, lines.received);
      else if (!exits.isHolding) lines.settle(lines.received);
    },
    eventOf(line) {
      try {
        return parse(line);
      } catch {
        return undefined;
      }
    },
    expect(missing) {
      const left = (expected = new Set(missing));
      return () => {
        expected = undefined;
        return [...left];
      };
    },
    flush: exits.flush,
  };
}
