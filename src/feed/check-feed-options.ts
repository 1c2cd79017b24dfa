import { checkOptions, flag, texts, whole } from '../core/check-options.ts';
import type { Check } from '../core/check-options.ts';
import { listenAddress } from '../http/address.ts';
import type { FeedSinkOptions } from './feed-sink.ts';
import type { FeedJournal } from './history.ts';

const LEAST_JOURNAL_BYTES = 64 * 1024;

/** The checks of what feeds have in common, for `checkOptions`. */
export function feedOptionChecks(factory: string): {
  readonly [K in keyof Required<FeedSinkOptions>]: Check | 'any';
} {
  return {
    listen: listenAddress,
    path: (value) => (typeof value === 'string' && /^\/[\w./-]*$/.test(value)) || "a path, such as '/live'",
    token: (value) =>
      (typeof value === 'string' && /^[\x21-\x7e]{8,}$/.test(value)) ||
      'a text of 8 characters or more, without spaces',
    insecure: flag,
    origins: texts,
    ringBytes: whole,
    journal: (value) => checkJournal(factory, value),
    maxClients: whole,
    maxClientsPerAddress: whole,
    clientBytes: whole,
    graceMs: whole,
    queue: 'any',
  };
}

function checkJournal(factory: string, value: unknown): true | string {
  if (typeof value !== 'object' || value === null || !('dir' in value)) return '{ dir: FOLDER }';
  checkOptions(`${factory}: journal`, value as FeedJournal, {
    dir: (dir) => (typeof dir === 'string' && dir !== '') || 'the path of a folder',
    maxBytes: (bytes) =>
      (Number.isSafeInteger(bytes) && (bytes as number) >= LEAST_JOURNAL_BYTES) ||
      `a whole number of ${LEAST_JOURNAL_BYTES} or more`,
    keepMs: whole,
    sync: (sync) =>
      ['batch', 'never'].includes(sync as string) ||
      whole((sync as { readonly everyMs?: unknown } | null)?.everyMs) === true ||
      "'batch', 'never' or { everyMs }",
  });
  return true;
}
