import { Observable } from 'rxjs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { messageOf, PipelineError } from '../../core/errors.ts';
import type { EngineConnection } from '../../engine/engine.ts';
import { pause, within } from '../shared/within.ts';
import { GRACE_MS } from './arrival.ts';
import { auditIntervalMs } from './audit-interval.ts';
import type { AuditLimits } from './audit-interval.ts';
import { pastEvents } from './past-events.ts';
import { LINES_REMEMBERED } from './place.ts';
import type { Place } from './place.ts';

export interface Audited {
  readonly connection: EngineConnection;
  readonly signal: AbortSignal;
  readonly limits: AuditLimits;
  /** The stream's own, as the engine gets them. */
  readonly filters: string | undefined;
  readonly maxLineBytes: number;
  readonly place: Place;
  /** Watches for lines that the stream should bring; the function returned gives those it has not brought. */
  readonly expect: (lines: readonly string[]) => () => readonly string[];
}

/** An engine that does not answer for so long stands still, or is no longer there. */
const ANSWER_MS = 15_000;

/**
 * Compares again and again what the engine keeps with what its stream has brought: nothing else shows that a stream is
 * dead, or that the engine or a proxy passed over events in it. Emits nothing; errors with `SOURCE_UNAVAILABLE` when an
 * event is missing for longer than a second, or the engine does not answer. More events than are remembered prove by
 * themselves that the stream is alive, and nothing else can be proved of them.
 */
export function audits(audited: Audited): Observable<never> {
  const { connection, signal, limits, filters } = audited;
  return new Observable((out) => {
    const run = async (): Promise<void> => {
      // Of a filtered stream only an audit tells how far it is complete.
      let next: Next = { waitMs: filters === undefined ? limits.minMs : 0, sinceMs: connection.clockMs };
      for (;;) {
        await pause(next.waitMs, signal);
        if (signal.aborted) return;
        next = await audit(audited, next.sinceMs);
      }
    };
    run().catch((error: unknown) => {
      if (!signal.aborted) out.error(error);
    });
  });
}

/** When the next one is due, and from when on it has to look. */
interface Next {
  readonly waitMs: number;
  readonly sinceMs: number;
}

async function audit({ place, ...audited }: Audited, sinceMs: number): Promise<Next> {
  const { connection, signal, limits, filters, expect } = audited;
  const before = place.lines.received;
  const { shown, ring, nowMs } = await within(ANSWER_MS, signal, async (limited) => {
    const nowMs = await connection.clock(limited);
    const past = { ...audited, sinceMs, untilMs: nowMs };
    // The stream's own part first: nothing that the whole ring still shows can have passed it. Podman has no ring.
    const own = filters === undefined ? undefined : await pastEvents(connection, past, limited);
    const isEnough = own !== undefined && connection.flavour === 'podman';
    const ring = isEnough ? own : await pastEvents(connection, { ...past, filters: undefined }, limited);
    return { shown: own ?? ring, ring, nowMs };
  }).catch((cause: unknown) => {
    throw new PipelineError(
      'SOURCE_UNAVAILABLE',
      `the engine at ${connection.address} does not answer an audit of its events: ${messageOf(cause)}`,
      { cause },
    );
  });
  const next = { waitMs: auditIntervalMs(ring, nowMs, limits), sinceMs: nowMs };
  if (Math.max(place.lines.received - before, shown.length) > LINES_REMEMBERED / 2) return next;
  const isSeen = place.lines.knows();
  const missing = shown.filter((line) => !isSeen(line));
  if (missing.length > 0) {
    const left = expect(missing);
    await pause(GRACE_MS, signal);
    // What came while this process was busy is read first.
    await nextTurn();
    await nextTurn();
    // The connection is gone: what was missing never came by it.
    if (signal.aborted) return next;
    const lost = left().length;
    if (lost > 0) {
      place.isDoubted = true;
      throw new PipelineError(
        'SOURCE_UNAVAILABLE',
        `the event stream of the engine at ${connection.address} has passed over ${lost} events that the engine keeps; they are read again`,
      );
    }
  }
  // Where all that the engine keeps is newer nothing was compared.
  if (ring.length > 0) place.ring.add(ring, `${nowMs}000000`);
  return next;
}
