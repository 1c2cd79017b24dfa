import type { Cursor } from '../../core/define-source.ts';
import { PipelineError } from '../../core/errors.ts';
import { isObject } from '../../records/check.ts';

/** The last record of the kernel log that was read, whatever it said. */
export interface Mark {
  /** Which boot it is of: sequence numbers begin anew with each. */
  readonly boot: string;
  readonly sequence: number;
  /** By the kernel's clock. */
  readonly usec: number;
  /** RFC 3339, UTC. */
  readonly time: string;
}

/** How far a source has come. Outside of any subscription: subscribing again reads on behind it. */
export interface Place {
  readonly cursor: Cursor;
  mark: Mark | undefined;
}

export function kernelPlace(): Place {
  const place: Place = {
    mark: undefined,
    cursor: {
      read: () => place.mark && { ...place.mark },
      restore: (kept) => {
        const { boot, sequence, usec, time } = isObject(kept) ? kept : {};
        if (typeof boot !== 'string' || !isCount(sequence) || !isCount(usec) || typeof time !== 'string')
          throw new PipelineError(
            'CONFIG_INVALID',
            'kernelOom: what was kept is not the place of such a source',
          );
        place.mark = { boot, sequence, usec, time };
      },
    },
  };
  return place;
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value);
