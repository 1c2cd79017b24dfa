import type { Cursor } from '../../core/define-source.ts';
import type { Json } from '../../core/types.ts';
import { isEarlier } from '../../records/digits.ts';
import type { DockerEvent } from '../../records/docker-event.ts';
import { auditedRing } from './audited-ring.ts';
import type { AuditedRing } from './audited-ring.ts';
import { checkedPlace } from './kept-place.ts';
import type { Untold } from './kept-place.ts';
import { knownContainers } from './known-containers.ts';
import type { KnownContainers } from './known-containers.ts';
import { lineMemory } from './line-memory.ts';
import type { LineMemory } from './line-memory.ts';

/** How far a source has come. Outside of any subscription: subscribing again reads on from here. */
export interface Place {
  readonly cursor: Cursor;
  /** The first second the source may tell of, by the engine's clock: nanoseconds in digits. */
  fromNano: string | undefined;
  /** Whether anything has been promised yet: since the stream was first opened. */
  hasBegun: boolean;
  /** Whether it is known what the engine kept from before the beginning. */
  hasHistory: boolean;
  /** An audit has found a hole: only what audits saw before proves anything, until the next arrival has judged. */
  isDoubted: boolean;
  /** Whether the containers there are have been looked at since the beginning. */
  hasLooked: boolean;
  /** The time of the latest event emitted that the engine sent. */
  readonly lastNano: string | undefined;
  readonly lines: LineMemory;
  readonly ring: AuditedRing;
  readonly containers: KnownContainers;
  /** To be emitted before anything else, oldest first. */
  untold: Untold[];
  /** Moves behind an event. */
  readonly pass: (event: DockerEvent) => void;
  /** Whether nothing can be missing from before a line. */
  readonly knows: () => (line: string) => boolean;
  /** The connection is gone: what it brought and what was not emitted will come again. */
  readonly cut: () => void;
}

/** Eight times the engine's ring of 256, so that a thousand lines may wait to be emitted. */
export const LINES_REMEMBERED = 2_048;
const LINES_KEPT = 512;

export function eventsPlace(): Place {
  const lines = lineMemory(LINES_REMEMBERED, LINES_KEPT);
  const ring = auditedRing(lines);
  const containers = knownContainers();
  let lastNano: string | undefined;

  const read = (): Json | undefined =>
    place.hasHistory && place.fromNano !== undefined
      ? {
          from: place.fromNano,
          ...(lastNano !== undefined && { last: lastNano }),
          lines: lines.digests(),
          ring: ring.digests(),
          ...(ring.provenNano !== undefined && { proven: ring.provenNano }),
          containers: containers.read(),
          looked: place.hasLooked,
          ...(place.isDoubted && { doubted: true }),
          ...(place.untold.length > 0 && { untold: [...place.untold] as unknown as Json }),
        }
      : undefined;
  const restore = (kept: Json): void => {
    const { from, last, containers: known, looked, doubted, untold, proven, ...digests } = checkedPlace(kept);
    containers.restore(known);
    lines.restore(digests.lines);
    ring.restore(digests.ring, proven);
    lastNano = last;
    Object.assign(place, {
      fromNano: from,
      untold: [...untold],
      hasBegun: true,
      hasHistory: true,
      hasLooked: looked,
      isDoubted: doubted,
    });
  };
  const place: Place = {
    cursor: { read, restore },
    fromNano: undefined,
    hasBegun: false,
    hasHistory: false,
    hasLooked: false,
    isDoubted: false,
    get lastNano() {
      return lastNano;
    },
    lines,
    ring,
    containers,
    untold: [],
    pass(event) {
      containers.apply(event);
      const { timeNano, synthetic } = event;
      if (synthetic === true) return;
      if (lastNano === undefined || isEarlier(lastNano, timeNano)) lastNano = timeNano;
    },
    knows() {
      const isAudited = ring.knows();
      if (place.isDoubted) return isAudited;
      const isSeen = lines.knows();
      return (line) => isSeen(line) || isAudited(line);
    },
    cut() {
      lines.forgetUnsettled();
      ring.forgetUnsettled();
    },
  };
  return place;
}
