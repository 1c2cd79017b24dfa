import { dirname } from 'node:path';
import { asyncScheduler } from 'rxjs';
import { diskError } from '../../disk/disk-errors.ts';
import { syncFolder } from '../../disk/folder.ts';
import type { Pack } from './line-packer.ts';
import { append, cameMs, isDeleted, isInPlace } from './live-file.ts';
import type { LiveFile, Lines } from './live-file.ts';
import type { LiveFiles } from './live-files.ts';
import { fitting } from './rotation.ts';
import type { RotateOptions, Rotator } from './rotation.ts';

export interface LineWriterOptions {
  readonly files: LiveFiles;
  readonly rotate: RotateOptions;
  readonly aside: Rotator;
  /** Whether names that change are made durable. */
  readonly sync: boolean;
  /** Whether lines are, before they count as written. */
  readonly syncLines: boolean;
  /** Called when a file has been rotated. */
  readonly rotated: () => void;
  /** Called with each pack that has been written. */
  readonly written: (pack: Pack) => void;
}

export interface LineWriter {
  /** Writes a batch; called again after an error, with the same batch, it goes on where it stopped. */
  readonly write: (batch: readonly Pack[]) => Promise<void>;
  /** Puts a file aside if it is to be; returns where it is then. */
  readonly rotateIf: (path: string, due: (file: LiveFile) => boolean) => Promise<string | undefined>;
}

/** Writes lines to their files, whole and in order; none of it may be called before the last call has settled. */
export function lineWriter({
  files,
  rotate,
  aside,
  sync,
  syncLines,
  rotated,
  written,
}: LineWriterOptions): LineWriter {
  let pending: Lines[] = [];

  const putAside = async (file: LiveFile, atMs: number): Promise<string | undefined> => {
    const inPlace = await isInPlace(file);
    await files.close(file);
    if (!inPlace) return undefined;
    const target = await aside.moveAside(file.path, atMs);
    if (sync) await syncFolder(dirname(file.path));
    rotated();
    return target;
  };

  /** Writes as many lines as the file may take. */
  const writeSome = async (lines: Lines): Promise<void> => {
    const file = await files.at(lines.path);
    const { pieces } = lines;
    const bytes = fitting(file, lines, rotate, aside.nextNameMs());
    if (bytes === 0) {
      await putAside(file, cameMs(lines));
      return;
    }
    try {
      await append(file, lines, bytes, syncLines);
      if (await isInPlace(file)) return;
      // Deleted meanwhile: these lines are gone with it. Moved away: they are safe in it.
      if (await isDeleted(file)) lines.pieces = pieces;
    } catch (error) {
      await files.close(file).catch(() => undefined);
      throw error;
    }
    await files.close(file);
  };

  return {
    async write(batch) {
      if (pending.length === 0) pending = linesOf(batch);
      for (let lines = pending[0]; lines !== undefined; lines = pending[0]) {
        try {
          while (lines.pieces.length > 0) await writeSome(lines);
        } catch (error) {
          throw diskError(error, lines.path, 'run');
        }
        pending.shift();
      }
      batch.forEach(written);
    },
    async rotateIf(path, due) {
      const file = await files.at(path);
      return due(file) ? putAside(file, asyncScheduler.now()) : undefined;
    },
  };
}

/** What each file gets, in order. */
function linesOf(packs: readonly Pack[]): Lines[] {
  const all = new Map<
    string,
    { readonly path: string; readonly pieces: Buffer[]; readonly times: number[] }
  >();
  for (const { files } of packs)
    for (const { path, bytes, cameMs } of files) {
      const lines = all.get(path) ?? { path, pieces: [], times: [] };
      all.set(path, lines);
      lines.pieces.push(bytes);
      lines.times.push(cameMs);
    }
  return [...all.values()];
}
