import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { DockerEvent, Gap } from '../src/index.ts';
import { identityOf } from './truth.ts';

/** A line that dockrx wrote. */
export type Written =
  | {
      readonly kind: 'event';
      readonly identity: string;
      readonly timeNano: string;
      /** RFC 3339 */
      readonly time: string;
      readonly actor: string;
      readonly synthetic: boolean;
    }
  | {
      readonly kind: 'gap';
      readonly from: bigint;
      readonly to: bigint;
      readonly atLeast: number;
      readonly reason: string;
    }
  | { readonly kind: 'unreadable'; readonly text: string };

/** Nanoseconds since the epoch of an RFC 3339 time in UTC with any number of digits. */
export function nanoOf(time: string): bigint {
  const [, seconds = '', fraction = ''] = /^([^.]+?)(?:\.(\d+))?Z$/.exec(time) ?? [];
  return BigInt(Date.parse(`${seconds}Z`)) * 1_000_000n + BigInt(fraction.padEnd(9, '0'));
}

/** Reads one line of a file. */
export function written(text: string): Written {
  try {
    const record = JSON.parse(text) as (DockerEvent & { readonly synthetic?: boolean }) | Gap;
    if (record.kind === 'gap') {
      const { fromTime, toTime, atLeast, reason } = record;
      return { kind: 'gap', from: nanoOf(fromTime), to: nanoOf(toTime), atLeast, reason };
    }
    const { timeNano, time, type, action, id, attributes, scope, synthetic = false } = record;
    return {
      kind: 'event',
      identity: identityOf(timeNano, type, action, id, attributes, scope),
      timeNano,
      time,
      actor: `${type} ${id}`,
      synthetic,
    };
  } catch {
    return { kind: 'unreadable', text };
  }
}

/** What is in a file and in those that were rotated from it, in the order it was written. */
export function outputText(folder: string): string {
  if (!existsSync(folder)) return '';
  const isOutput = (name: string): boolean => /^events(\..*)?\.ndjson(\.gz)?$/.test(name);
  const textOf = (name: string): string => {
    const bytes = readFileSync(join(folder, name));
    return (name.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString();
  };
  const names = readdirSync(folder).filter(isOutput).sort();
  const rotated = names.filter((name) => name !== 'events.ndjson');
  const live = names.filter((name) => name === 'events.ndjson');
  return [...rotated, ...live].map(textOf).join('');
}

/** The lines of a text; the last is unreadable where it has no end. */
export function writtenIn(text: string): readonly Written[] {
  const lines = text.split('\n');
  const torn = lines.pop()!;
  return [...lines.map(written), ...(torn === '' ? [] : [{ kind: 'unreadable', text: torn } as const])];
}
