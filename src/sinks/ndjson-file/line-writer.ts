import { dirname } from 'node:path';
import { diskError } from '../../disk/disk-errors.ts';
import { syncFolder } from '../../disk/folder.ts';
import { append, isDeleted, isInPlace } from './live-file.ts';
import type { LiveFile, Lines } from './live-file.ts';
import type { LiveFiles } from './live-files.ts';
import { endOfFitting, isOld } from './rotation.ts';
import type { RotateOptions } from './rotation.ts';

/** A line without its end, and the file it goes to. */
export interface Line {
  readonly path: string;
  readonly text: string;
}

/** Whole lines with their ends, by file. */
export type PackedLines = readonly { readonly path: string; readonly bytes: Buffer }[];

export interface LineWriterOptions {
  readonly files: LiveFiles;
  readonly rotate: RotateOptions;
  readonly moveAside: (path: string) => Promise<string>;
  /** Whether names that change are made durable. */
  readonly sync: boolean;
  /** Whether lines are, before they count as written. */
  readonly syncLines: boolean;
  /** Called when a file has been rotated. */
  readonly rotated: () => void;
}

export interface LineWriter {
  /** Writes a batch; called again after an error, with the same batch, it goes on where it stopped. */
  readonly write: (batch: readonly PackedLines[]) => Promise<void>;
  /** Puts a file aside if it is to be; returns where it is then. */
  readonly rotateIf: (path: string, due: (file: LiveFile) => boolean) => Promise<string | undefined>;
}

/** Writes lines to their files, whole and in order; none of it may be called before the last call has settled. */
export function lineWriter({
  files,
  rotate,
  moveAside,
  sync,
  syncLines,
  rotated,
}: LineWriterOptions): LineWriter {
  let pending: Lines[] = [];

  const putAside = async (file: LiveFile): Promise<string | undefined> => {
    const inPlace = await isInPlace(file);
    await files.close(file);
    if (!inPlace) return undefined;
    const target = await moveAside(file.path);
    if (sync) await syncFolder(dirname(file.path));
    rotated();
    return target;
  };

  /** Writes as many lines as the file may take. */
  const writeSome = async (lines: Lines): Promise<void> => {
    const file = await files.at(lines.path);
    const from = lines.at;
    const end = endOfFitting(file, lines, rotate.bytes);
    if (end === from || isOld(file, rotate)) {
      await putAside(file);
      return;
    }
    try {
      await append(file, lines, end, syncLines);
      if (await isInPlace(file)) return;
      // Deleted meanwhile: these lines are gone with it. Moved away: they are safe in it.
      if (await isDeleted(file)) lines.at = from;
    } catch (error) {
      await files.close(file).catch(() => undefined);
      throw error;
    }
    await files.close(file);
  };

  return {
    async write(batch) {
      if (pending.length === 0) pending = joined(batch.flat());
      for (let lines = pending[0]; lines !== undefined; lines = pending[0]) {
        try {
          while (lines.at < lines.bytes.length) await writeSome(lines);
        } catch (error) {
          throw diskError(error, lines.path, 'run');
        }
        pending.shift();
      }
    },
    async rotateIf(path, due) {
      const file = await files.at(path);
      return due(file) ? putAside(file) : undefined;
    },
  };
}

/** Lines as bytes, by file. */
export function packLines(lines: readonly Line[]): PackedLines {
  const texts = new Map<string, string[]>();
  for (const { path, text } of lines) {
    const same = texts.get(path);
    if (same === undefined) texts.set(path, [text]);
    else same.push(text);
  }
  return [...texts].map(([path, same]) => ({ path, bytes: Buffer.from(`${same.join('\n')}\n`) }));
}

/** One piece a file, the lines in order. */
function joined(packed: PackedLines): Lines[] {
  const pieces = new Map<string, Buffer[]>();
  for (const { path, bytes } of packed) {
    const same = pieces.get(path);
    if (same === undefined) pieces.set(path, [bytes]);
    else same.push(bytes);
  }
  return [...pieces].map(([path, same]) => ({
    path,
    bytes: same.length === 1 ? same[0]! : Buffer.concat(same),
    at: 0,
  }));
}
