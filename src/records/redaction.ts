import { globMatcher } from './globs.ts';

export interface Redaction {
  /** Globs of the names whose texts are hidden, in whatever case. */
  readonly keys: readonly string[];
  /** What is hidden in texts, beside what is known to be secret. */
  readonly patterns: readonly RegExp[];
}

/** What stands where something was hidden. */
export const HIDDEN = '[redacted]';

/** Names of what is mostly secret. */
export const SECRET_KEYS: readonly string[] = [
  ...['*password*', '*passwd*', '*passphrase*', '*secret*', '*token*', '*credential*', '*authorization*'],
  ...['*api?key*', '*apikey*', '*access?key*', '*accesskey*', '*private?key*', '*privatekey*', '*cookie*'],
];

/** So deep a value is read, and so many parts of it; what lies beyond is hidden as a whole. */
const MAX_DEPTH = 16;
const MAX_PARTS = 10_000;

/**
 * Hides secrets in texts and in the texts of lists and plain objects, wherever they lie: all below a name that is secret,
 * and of other texts what looks like a secret. What holds none is returned itself; nothing is changed. Numbers and the like
 * stay.
 */
export function redactor({ keys, patterns }: Redaction): <T>(value: T) => T {
  const isSecret = globMatcher(keys.map((key) => key.toLowerCase()));
  const known = new Map<string, boolean>();
  const isSecretKey = (key: string): boolean => {
    let secret = known.get(key);
    if (secret === undefined) {
      secret = isSecret(key.toLowerCase());
      if (known.size >= MAX_PARTS) known.clear();
      known.set(key, secret);
    }
    return secret;
  };
  const own = patterns.map((pattern) => new RegExp(pattern, withGlobal(pattern.flags)));
  const clean = (text: string): string =>
    own.reduce((rest, pattern) => rest.replace(pattern, HIDDEN), withoutSecrets(text));

  return <T>(value: T): T => {
    let parts = 0;
    const visit = (part: unknown, isHidden: boolean, depth: number): unknown => {
      if (typeof part === 'string') return isHidden ? HIDDEN : clean(part);
      if (!isWalked(part)) return part;
      parts += 1;
      if (depth > MAX_DEPTH || parts > MAX_PARTS) return HIDDEN;
      return Array.isArray(part)
        ? mapped(part, (one) => visit(one, isHidden, depth + 1))
        : mappedFields(part, (one, key) => visit(one, isHidden || isSecretKey(key), depth + 1));
    };
    return visit(value, false, 0) as T;
  };
}

const withGlobal = (flags: string): string => (flags.includes('g') ? flags : `${flags}g`);

function isWalked(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return Array.isArray(value) || prototype === Object.prototype || prototype === null;
}

/** The list itself where nothing becomes another. */
function mapped(list: readonly unknown[], change: (one: unknown) => unknown): readonly unknown[] {
  const changed = list.map(change);
  return changed.every((one, i) => Object.is(one, list[i])) ? list : changed;
}

/** The object itself where nothing becomes another. */
function mappedFields(value: object, change: (one: unknown, key: string) => unknown): object {
  let changed: Record<string, unknown> | undefined;
  for (const [key, one] of Object.entries(value)) {
    const next = change(one, key);
    if (!Object.is(next, one)) (changed ??= { ...value })[key] = next;
  }
  return changed ?? value;
}

/** A name of what is secret, from its first character on: to look from each of them on would take n² steps. */
const NAME =
  '[\\w-]*(?:passw(?:or)?d|passphrase|secret|token|credential|api[_-]?key|access[_-]?key|private[_-]?key)[\\w-]{0,64}';

/** Up to the closing quote, else up to a space. */
const VALUE = `(?:(?<=")[^"]+|(?<=')[^']+|[^\\s"',;&]+)`;

/** What is secret, behind a text that is not and stays. The time that each takes grows with a text's length only, whatever it holds. */
const SECRETS: readonly RegExp[] = [
  /(-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----)[\s\S]*?(?=-----END|$)/g,
  /(\bauthorization["']?\s{0,8}[:=]\s{0,8}["']?(?:[a-z]{1,16} {1,8})?)[^\s"',;]+/gi,
  /(\bbearer {1,8})[\w.~+/-]{8,}=*/gi,
  // user:password@host
  /(\b[a-z][a-z0-9+.-]{0,31}:\/\/[^\s/:@]{0,256}:)[^\s/@]{1,512}(?=@)/gi,
  // password=x, "token": "x", --api-key x
  new RegExp(`((?<![\\w-])${NAME}\\\\{0,3}["']?\\s{0,8}[:=]\\s{0,8}\\\\{0,3}["']?)${VALUE}`, 'gi'),
  new RegExp(`((?<![\\w-])--${NAME} {1,8}["']?)${VALUE}`, 'gi'),
  // A JSON web token, a key id of AWS, tokens of GitHub and GitLab
  /()(?<![\w-])eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*/g,
  /(\b)(?:AKIA|ASIA)[0-9A-Z]{16}\b/g,
  /(\b)(?:gh[pousr]_|github_pat_|glpat-)[\w-]{20,255}/g,
];

const withoutSecrets = (text: string): string =>
  SECRETS.reduce((rest, pattern) => rest.replace(pattern, `$1${HIDDEN}`), text);
