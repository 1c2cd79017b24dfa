import { PipelineError } from '../../core/errors.ts';
import type { Json } from '../../core/types.ts';
import { isObject } from '../../records/check.ts';
import type { DockerEvent } from '../../records/docker-event.ts';
import type { Gap } from '../../records/gap.ts';

/** What was worked out after an absence; what the filters hold back changes only what is known. */
export interface Untold {
  readonly record: DockerEvent | Gap;
  readonly isTold: boolean;
}

/** A place as a checkpoint keeps it. */
export interface KeptPlace {
  readonly from: string;
  readonly last: string | undefined;
  readonly lines: string;
  readonly ring: string;
  readonly proven: string | undefined;
  readonly containers: Json;
  readonly looked: boolean;
  readonly doubted: boolean;
  readonly untold: readonly Untold[];
}

/** Throws CONFIG_INVALID for what is none. */
export function checkedPlace(kept: Json): KeptPlace {
  const {
    from,
    last,
    lines,
    ring,
    proven,
    containers,
    looked,
    doubted = false,
    untold = [],
  } = isObject(kept) ? kept : {};
  if (
    isDigits(from) &&
    (last === undefined || isDigits(last)) &&
    typeof lines === 'string' &&
    typeof ring === 'string' &&
    (proven === undefined || isDigits(proven)) &&
    Array.isArray(containers) &&
    typeof looked === 'boolean' &&
    typeof doubted === 'boolean' &&
    isUntold(untold)
  )
    return { from, last, lines, ring, proven, containers: containers as Json, looked, doubted, untold };
  throw new PipelineError('CONFIG_INVALID', 'dockerEvents: what was kept is not the place of such a source');
}

const isDigits = (value: unknown): value is string => typeof value === 'string' && /^\d{10,20}$/.test(value);

const isUntold = (value: unknown): value is readonly Untold[] =>
  Array.isArray(value) &&
  value.every(
    (entry) => isObject(entry) && isObject(entry['record']) && typeof entry['isTold'] === 'boolean',
  );
