import type { Tell } from '../../core/define-source.ts';
import type { EngineConnection } from '../../engine/engine.ts';
import { isEarlier } from '../../records/digits.ts';
import type { DockerEvent } from '../../records/docker-event.ts';
import { dockerEventParser } from '../../records/parse-docker-event.ts';
import type { Place } from './place.ts';
import type { EventsSettings } from './settings.ts';
import { verifiedExits } from './verified-exits.ts';

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
  tell: Tell,
  emit: (event: DockerEvent) => void,
): EventLines {
  const { lines, containers, fromNano: from = '0' } = place;
  const parse = dockerEventParser({ ...connection, ...settings });
  const isNew = lines.replayed();
  let expected: Set<string> | undefined;

  const eventOf = (line: string, say: Tell): DockerEvent | undefined => {
    try {
      const event = parse(line);
      return isEarlier(event.timeNano, from) ? undefined : event;
    } catch (error) {
      const reason = error instanceof SyntaxError ? 'invalid-json' : 'not-an-event';
      say({ type: 'rejected', reason, count: 1 });
      return undefined;
    }
  };
  const deliver = (event: DockerEvent, received: number): void => {
    place.pass(event);
    lines.settle(received);
    emit(event);
  };
  const exits = settings.verifyExit
    ? verifiedExits(connection, signal, containers, tell, deliver)
    : { isHolding: false, pass: deliver, flush: () => undefined };
  return {
    take(line) {
      expected?.delete(line);
      if (!isNew(line)) return;
      lines.receive(line);
      const event = eventOf(line, tell);
      if (event !== undefined) exits.pass(event, lines.received);
      else if (!exits.isHolding) lines.settle(lines.received);
    },
    eventOf: (line) => eventOf(line, () => undefined),
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
