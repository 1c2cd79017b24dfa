import { lastValueFrom, take, toArray } from 'rxjs';
import type { Tell } from '../../core/define-source.ts';
import type { EngineConnection } from '../../engine/engine.ts';
import { RING_LINES } from './continuity.ts';
import { answerLines } from '../shared/engine-session.ts';

/** An engine whose clock is set back after it was asked for the time may let a request for the past wait for hours. */
export const PAST_MS = 10_000;

const IGNORE: Tell = () => undefined;

/**
 * What the engine keeps of the past up to a time by its own clock, in ms; no more than it can keep. With a time to come
 * it goes on until then. Its clock tells whole seconds, so up to the present the newest events are left out.
 */
export async function pastEvents(
  connection: EngineConnection,
  { untilMs, filters, maxLineBytes }: PastQuery,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const until = String(Math.floor(untilMs / 1000));
  const answer = connection.events({ since: '0', until, filters }, signal);
  const lines = answerLines(answer, connection.address, { maxBytes: maxLineBytes, tell: IGNORE });
  return lastValueFrom(lines.pipe(take(RING_LINES), toArray()));
}

export interface PastQuery {
  readonly untilMs: number;
  readonly filters: string | undefined;
  readonly maxLineBytes: number;
}
