import { PipelineError } from '../../core/errors.ts';
import type { Json } from '../../core/types.ts';
import { isObject } from '../../records/check.ts';
import type { CadvisorEvent } from '../../records/cadvisor-event.ts';
import type { Gap } from '../../records/gap.ts';
import { knownEvents } from './known.ts';
import type { Known } from './known.ts';

/** How far the events of one cAdvisor have come: outside of any subscription. */
export interface Place {
  /** What has been emitted, or dropped and counted. */
  readonly told: Known;
  /** Up to when nothing that cAdvisor told is missing in `told`; nothing before the first connection. */
  seenAt: string | undefined;
  /** What is to be known of events that have come and have not been emitted: at first the same. */
  readonly copy: () => Known;
  /** Moves behind a record. */
  readonly pass: (record: CadvisorEvent | Gap) => void;
  readonly read: () => Json | undefined;
  readonly restore: (kept: Json) => void;
}

export function placeOf(): Place {
  const told = knownEvents();
  const place: Place = {
    told,
    seenAt: undefined,
    copy() {
      const copy = knownEvents();
      copy.restore(told.read());
      return copy;
    },
    pass(record) {
      if (record.kind === 'gap') return;
      told.note(record);
      place.seenAt = record.receivedAt;
    },
    read: () => (place.seenAt === undefined ? undefined : { seenAt: place.seenAt, known: told.read() }),
    restore(kept) {
      const { seenAt, known } = isObject(kept) ? kept : {};
      if (typeof seenAt !== 'string' || !isObject(known))
        throw new PipelineError(
          'CONFIG_INVALID',
          'cadvisorEvents: what was kept is not the place of such a source',
        );
      told.restore(known);
      place.seenAt = seenAt;
    },
  };
  return place;
}
