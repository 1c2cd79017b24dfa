import { digitsBetween } from '../../records/digits.ts';
import { nanoDigits } from '../../records/parse-docker-event.ts';
import { RING_LINES } from './continuity.ts';

export interface AuditLimits {
  /** The shortest time between two audits. */
  readonly minMs: number;
  /** The longest one; an engine on which little happens is audited so often. */
  readonly maxMs: number;
}

/** An audit does not see the newest second. */
const UNSEEN_MS = 1_000;

/**
 * How long to wait for the next audit, so that no event can pass the ring unseen between two: as long as the newer half
 * of the ring took to come. `nowMs` is the engine's clock when it gave that ring.
 */
export function auditIntervalMs(
  ring: readonly string[],
  nowMs: number,
  { minMs, maxMs }: AuditLimits,
): number {
  const middle = ring.at(-RING_LINES / 2);
  const nano = middle === undefined ? undefined : nanoOf(middle);
  if (nano === undefined) return maxMs;
  const tookMs = digitsBetween(nano, `${Math.round(nowMs)}000000`) / 1e6;
  return Math.max(minMs, Math.min(maxMs, tookMs - UNSEEN_MS));
}

function nanoOf(line: string): string | undefined {
  try {
    return nanoDigits(line, undefined);
  } catch {
    return undefined;
  }
}
