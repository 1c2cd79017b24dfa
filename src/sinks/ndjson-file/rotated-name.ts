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

/** `stats.ndjson` to `stats.2026-11-22T01-02-03.456Z.ndjson`: sortable by time, the extension kept. */
export function rotatedName(live: string, { extension }: NameTemplate, atMs: number): string {
  const stem = live.slice(0, live.length - extension.length);
  return `${stem}.${new Date(atMs).toISOString().replaceAll(':', '-')}${extension}`;
}

/** Tells a rotated file's name, `live` for a live one, nothing for one that is not of this template. */
export function nameReader(template: NameTemplate): (name: string) => RotatedName | 'live' | undefined {
  const { stemPattern, extensionPattern } = template;
  const live = new RegExp(`^${stemPattern}${extensionPattern}$`, 'u');
  const rotated = new RegExp(
    String.raw`^${stemPattern}\.(?<stamp>${STAMP_PATTERN})${extensionPattern}(?<compressed>\.gz|\.zst)?(?<part>\.part)?$`,
    'u',
  );
  return (name) => {
    const { stamp, compressed = '', part } = rotated.exec(name)?.groups ?? {};
    if (stamp === undefined) return live.test(name) ? 'live' : undefined;
    const rotatedMs = Date.parse(stamp.replace(/T(\d\d)-(\d\d)-/, 'T$1:$2:'));
    return Number.isNaN(rotatedMs) ? undefined : { rotatedMs, compressed, part: part !== undefined };
  };
}
