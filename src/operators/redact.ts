import { map, type MonoTypeOperatorFunction } from 'rxjs';
import { checkOptions, texts, type Check } from '../core/check-options.ts';
import { defineOperator } from '../core/define-operator.ts';
import { redactor, SECRET_KEYS } from '../records/redaction.ts';

/** Options of {@link redact}. */
export interface RedactOptions {
  /**
   * Globs (`*`, `?`) of names, in whatever case: all texts below them are hidden. They take the place of the default:
   * names with password, secret, token, credential, authorization, cookie, api key and the like.
   */
  readonly keys?: readonly string[];
  /** What is hidden in any text, beside what looks like a secret anyway. Write them so that they are fast on long lines. */
  readonly patterns?: readonly RegExp[];
}

/**
 * Hides secrets in records: in their place stands `[redacted]`.
 *
 * Emits records of the same shape, at once, in order; one that holds no secret is itself emitted, none is changed. Hidden
 * are the texts below a name that is secret, and in all other texts: `name=value` and `"name": "value"` where the name
 * is one of a secret, `Authorization` and bearer tokens, passwords in URLs, private keys, JSON web tokens, keys of AWS,
 * GitHub and GitLab. A value ends at its closing quote, or at a space. A secret that nothing tells from other text stays: give a pattern.
 * Looks into lists and plain objects, 16 deep and 10,000 in number; what lies beyond is hidden as a whole.
 * Bounds: remembers nothing of the records.
 *
 * @example redact({ patterns: [/\b\d{16}\b/] })
 */
export function redact<T>(options: RedactOptions = {}): MonoTypeOperatorFunction<T> {
  checkOptions('redact', options, { keys: texts, patterns: regExps });
  const { keys = SECRET_KEYS, patterns = [] } = options;
  return defineOperator(function redact(records) {
    return records.pipe(map(redactor({ keys, patterns })));
  });
}

const regExps: Check = (value) =>
  (Array.isArray(value) && value.every((one) => one instanceof RegExp)) || 'a list of regular expressions';
