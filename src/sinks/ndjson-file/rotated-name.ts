import type { NameTemplate } from './name-template.ts';
import { STAMP_PATTERN } from './safe-name.ts';

export interface RotatedName {
  /** When it was rotated, in milliseconds since the epoch. */
  readonly rotatedMs: number;
  /** `.gz`, `.zst`, or nothing. */
  readonly compressed: string;
  /** Whether the compression has not been finished: `.part` behind. */
  readonly part: boolean;
}

/**
 * `stats.ndjson` to `stats.2026-11-22T01-02-03.456Z.ndjson`: sortable by time, the extension kept; or to
 * `stats.ndjson-20261122010203`.
 */
export function rotatedName(live: string, { extension, rotated }: NameTemplate, atMs: number): string {
  const stamp = new Date(atMs).toISOString();
  if (rotated === 'dateext') return `${live}-${stamp.replaceAll(/\D/g, '').slice(0, SECONDS_DIGITS)}`;
  const stem = live.slice(0, live.length - extension.length);
  return `${stem}.${stamp.replaceAll(':', '-')}${extension}`;
}

/** How far two names are apart at least. */
export const nameStepMs = ({ rotated }: NameTemplate): number => (rotated === 'dateext' ? 1000 : 1);

/** Tells a rotated file's name, `live` for a live one, nothing for one that is not of this template. */
export function nameReader(template: NameTemplate): (name: string) => RotatedName | 'live' | undefined {
  const { stemPattern, extensionPattern, rotated: names } = template;
  const live = new RegExp(`^${stemPattern}${extensionPattern}$`, 'u');
  const stamped =
    names === 'dateext'
      ? String.raw`${extensionPattern}-(?<stamp>\d{${SECONDS_DIGITS}})`
      : String.raw`\.(?<stamp>${STAMP_PATTERN})${extensionPattern}`;
  const rotated = new RegExp(
    String.raw`^${stemPattern}${stamped}(?<compressed>\.gz|\.zst)?(?<part>\.part)?$`,
    'u',
  );
  return (name) => {
    const { stamp, compressed = '', part } = rotated.exec(name)?.groups ?? {};
    if (stamp === undefined) return live.test(name) ? 'live' : undefined;
    const rotatedMs = Date.parse(
      stamp
        .replace(/T(\d\d)-(\d\d)-/, 'T$1:$2:')
        .replace(/^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/, '$1-$2-$3T$4:$5:$6Z'),
    );
    return Number.isNaN(rotatedMs) ? undefined : { rotatedMs, compressed, part: part !== undefined };
  };
}

/** Of year, month, day, hour, minute and second. */
const SECONDS_DIGITS = 14;
