import { RING_LINES } from './continuity.ts';
import { lineMemory } from './line-memory.ts';
import type { LineMemory } from './line-memory.ts';

/** Lines from before which nothing can be missing: the engine's ring of all types, as audits saw it that found nothing missing. */
export interface AuditedRing {
  /** Up to when nothing is missing, as an audit found: nanoseconds in digits. */
  readonly provenNano: string | undefined;
  /** Takes a ring of which the stream has brought what it shows up to a time; counts once that has been emitted. */
  readonly add: (ring: readonly string[], upToNano: string) => void;
  /** Takes a line from before which a gap has been told. */
  readonly mark: (line: string) => void;
  readonly forgetUnsettled: () => void;
  readonly knows: () => (line: string) => boolean;
  readonly digests: () => string;
  readonly restore: (digests: string, provenNano: string | undefined) => void;
}

export function auditedRing(stream: LineMemory): AuditedRing {
  const seen = lineMemory(2 * RING_LINES, RING_LINES);
  let waiting:
    { readonly ring: readonly string[]; readonly upToNano: string; readonly received: number } | undefined;
  let provenNano: string | undefined;

  const remember = (line: string): void => {
    seen.receive(line);
    seen.settle(seen.received);
  };
  const settle = (): void => {
    if (waiting === undefined || stream.settled < waiting.received) return;
    waiting.ring.filter(seen.replayed()).forEach(remember);
    provenNano = waiting.upToNano;
    waiting = undefined;
  };
  return {
    get provenNano() {
      settle();
      return provenNano;
    },
    add(ring, upToNano) {
      settle();
      waiting ??= { ring, upToNano, received: stream.received };
    },
    mark: remember,
    forgetUnsettled() {
      settle();
      waiting = undefined;
    },
    knows() {
      settle();
      return seen.knows();
    },
    digests() {
      settle();
      return seen.digests();
    },
    restore(digests, nano) {
      seen.restore(digests);
      provenNano = nano;
    },
  };
}
