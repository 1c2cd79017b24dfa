import { lastValueFrom, take, toArray } from 'rxjs';
import type { Tell } from '../../core/define-source.ts';
import type { EngineConnection } from '../../engine/engine.ts';
import type { Query } from '../../engine/transport.ts';
import { answerLines } from '../shared/engine-session.ts';
import { RING_LINES } from './continuity.ts';

/** Podman's history has no end. */
const MAX_HISTORY = 4_096;
/** An engine whose clock is set back after it was asked for the time may let a request for the past wait for hours. */
export const PAST_MS = 10_000;

const IGNORE: Tell = () => undefined;

/**
 * What the engine keeps of the past up to a time by its own clock, in ms; no more than it can keep. With a time to come
 * it goes on until then. Its clock tells whole seconds, so up to the present the newest events are left out.
 */
export async function pastEvents(
  connection: EngineConnection,
  { filters, maxLineBytes, ...times }: PastQuery,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const answer = connection.events({ ...pastQuery(connection, times), filters }, signal);
  const lines = answerLines(answer, connection.address, { maxBytes: maxLineBytes, tell: IGNORE });
  const most = connection.flavour === 'docker' ? RING_LINES : MAX_HISTORY;
  return lastValueFrom(lines.pipe(take(most), toArray()));
}

/** Podman keeps all there ever was, and leaves out what is as new as `until`. */
function pastQuery({ flavour }: EngineConnection, { sinceMs, untilMs }: Times): Query {
  const seconds = (ms: number): string => String(Math.floor(ms / 1000));
  return flavour === 'docker'
    ? { since: '0', until: seconds(untilMs) }
    : { since: seconds(sinceMs), stream: false };
}

interface Times {
  /** Only for Podman: an engine of Docker gives all it keeps. */
  readonly sinceMs: number;
  readonly untilMs: number;
}

export interface PastQuery extends Times {
  readonly filters: string | undefined;
  readonly maxLineBytes: number;
}
