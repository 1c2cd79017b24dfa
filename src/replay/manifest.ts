import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf, PipelineError } from '../core/errors.ts';
import { hasCode } from '../disk/disk-errors.ts';
import { replaceFile } from '../disk/replace-file.ts';

/** A source that has been recorded. Its number is its place in the list. */
export interface RecordedSource {
  readonly pipeline: string;
  /** As the run names it: of two sources of one name the second is `NAME-2`. */
  readonly name: string;
  /** When it ended by itself. */
  readonly endedMs?: number;
}

/** What a recording tells of itself. */
export interface RecordingInfo {
  /** The version of dockrx that made it. */
  readonly dockrx: string;
  readonly startedMs: number;
  /** Absent while it is made, and where a crash has ended it. */
  readonly endedMs?: number;
  readonly sources: readonly RecordedSource[];
}

const VERSION = 1;
const pathOf = (dir: string): string => join(dir, 'recording.json');

/** Durably, and as a whole. */
export async function writeManifest(dir: string, info: RecordingInfo): Promise<void> {
  await replaceFile(pathOf(dir), `${JSON.stringify({ version: VERSION, ...info }, undefined, 2)}\n`);
}

/** Nothing where the folder holds no recording. Errors `CONFIG_INVALID` where it holds one that cannot be read. */
export async function findManifest(dir: string): Promise<RecordingInfo | undefined> {
  const path = pathOf(dir);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw unusable(path, messageOf(error), error);
  }
  return checked(path, text);
}

function checked(path: string, text: string): RecordingInfo {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw unusable(path, messageOf(error), error);
  }
  const { version, ...info } = Object(value) as Partial<RecordingInfo> & { readonly version?: unknown };
  if (version !== VERSION)
    throw unusable(path, `its version is ${String(version)}, this program knows version ${VERSION}`);
  const { startedMs, sources } = info;
  const isWhole =
    Number.isFinite(startedMs) &&
    Array.isArray(sources) &&
    sources.every(
      (source: Partial<RecordedSource> | null) =>
        typeof source?.pipeline === 'string' && typeof source.name === 'string',
    );
  if (!isWhole) throw unusable(path, 'it has no startedMs and sources');
  return info as RecordingInfo;
}

const unusable = (path: string, why: string, cause?: unknown): PipelineError =>
  new PipelineError('CONFIG_INVALID', `${path} cannot be used: ${why}`, { cause });
