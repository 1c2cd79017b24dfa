import { defer, map, type OperatorFunction } from 'rxjs';
import { recordFlattener, type FlatRecord } from './flat-record.ts';
import { checkOptions, text, whole } from '../core/check-options.ts';
import { defineOperator } from '../core/define-operator.ts';

export type { FlatRecord, FlatValue } from './flat-record.ts';

/** Options of {@link flatten}. */
export interface FlattenOptions {
  /** Between the names of a path. Default `_`. */
  readonly separator?: string;
  /** How many names a path may have; what lies deeper stays together, as JSON text. Default 8. */
  readonly maxDepth?: number;
  /** How many fields a record may have; further ones stay together, as JSON text in one field `other`. Default 1,000. */
  readonly maxKeys?: number;
}

/**
 * Makes any record flat: what stands at `a.b[0]` becomes the field `a_b_0`. For readings and engine events there are
 * `flattenStats` and `flattenEvent`, which are many times faster.
 *
 * Emits one {@link FlatRecord} a record, at once, in order. No value is lost: of two fields that would get one name the
 * second is called `name_2`, an empty object or list becomes `{}` or `[]`, a reference to what holds it `[circular]`,
 * a bigint its digits, a Date and all else with a `toJSON` what that says. What JSON does not know either (undefined,
 * functions, symbols) is left out.
 *
 * @example pipeline('flat', dockerContainers(), flatten({ separator: '.' }), console())
 */
export function flatten(options: FlattenOptions = {}): OperatorFunction<object, FlatRecord> {
  checkOptions('flatten', options, { separator: text, maxDepth: whole, maxKeys: whole });
  const { separator = '_', maxDepth = 8, maxKeys = 1_000 } = options;
  return defineOperator(function flatten(records) {
    return defer(() => records.pipe(map(recordFlattener({ separator, maxDepth, maxKeys }))));
  });
}
