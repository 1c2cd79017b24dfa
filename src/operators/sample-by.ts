import { filter, type MonoTypeOperatorFunction } from 'rxjs';
import { callback, checkOptions, type Check, required } from '../core/check-options.ts';
import { defineOperator } from '../core/define-operator.ts';

/** Options of {@link sampleBy}. */
export interface SampleByOptions<T> {
  /** What is kept or left out as a whole: a container's id keeps some containers, a record's own id some records. */
  readonly key: (record: T) => string;
  /** How many of the keys are kept: 0.1 is a tenth. */
  readonly share: number;
}

/**
 * Keeps a share of the keys, and of those every record.
 *
 * Emits the records themselves, at once, in order. Which keys are kept follows from their text alone: the same ones in
 * each run and on each machine, and those of a smaller share are among those of a larger. The share is that of many
 * keys; of few it may be far off.
 * Bounds: remembers nothing. Loss: the records of the other keys, counted as filtered.
 *
 * @example sampleBy({ key: ({ container }: ContainerStats) => container.id, share: 0.1 })
 */
export function sampleBy<T>(options: SampleByOptions<T>): MonoTypeOperatorFunction<T> {
  checkOptions('sampleBy', options, { key: required(callback), share: required(share) });
  const { key } = options;
  const limit = options.share * 2 ** 32;
  return defineOperator(function sampleBy(records, counts) {
    return records.pipe(
      filter((record) => {
        const isKept = hashOf(key(record)) < limit;
        if (!isKept) counts.filtered += 1;
        return isKept;
      }),
    );
  });
}

const share: Check = (value) =>
  (typeof value === 'number' && value > 0 && value <= 1) || 'a number above 0, up to 1';

/** 32 bits: FNV-1a over the UTF-16 units, mixed as MurmurHash3 does at its end, for FNV alone leaves the high bits poor. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
