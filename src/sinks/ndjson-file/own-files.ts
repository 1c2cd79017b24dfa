import type { Stats } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { hasCode } from '../../disk/disk-errors.ts';
import type { PathTemplate } from './path-template.ts';
import { nameReader } from './rotated-name.ts';
import type { RotatedName } from './rotated-name.ts';

export interface OwnFile {
  readonly path: string;
  readonly bytes: number;
  /** When it came to be, as far as the file system knows. */
  readonly bornMs: number;
}
export interface RotatedFile extends OwnFile, RotatedName {
  /** Before it was compressed. */
  readonly rotatedPath: string;
}

export interface OwnFiles {
  readonly live: readonly OwnFile[];
  /** Oldest first. */
  readonly rotated: readonly RotatedFile[];
}

/** Every file below the base folder whose name is of this template, live or rotated; links are not followed. */
export async function listOwnFiles({ base, names }: PathTemplate): Promise<OwnFiles> {
  const folders = names
    .slice(0, -1)
    .map(({ stemPattern, extensionPattern }) => new RegExp(`^${stemPattern}${extensionPattern}$`, 'u'));
  const read = nameReader(names.at(-1)!);
  const live: OwnFile[] = [];
  const rotated: RotatedFile[] = [];
  const visit = async (folder: string, depth: number): Promise<void> => {
    for (const entry of await whileThere(readdir(folder, { withFileTypes: true }), [])) {
      const path = join(folder, entry.name);
      const below = folders[depth];
      if (below !== undefined) {
        if (entry.isDirectory() && below.test(entry.name)) await visit(path, depth + 1);
        continue;
      }
      const name = entry.isFile() ? read(entry.name) : undefined;
      const stats = name && (await whileThere(lstat(path), undefined));
      if (name === undefined || stats === undefined) continue;
      const file = { path, bytes: stats.size, bornMs: bornMs(stats) };
      if (name === 'live') live.push(file);
      else
        rotated.push({ ...file, ...name, rotatedPath: path.slice(0, path.length - name.compressed.length) });
    }
  };
  await visit(base, 0);
  return { live, rotated: rotated.sort((a, b) => a.rotatedMs - b.rotatedMs) };
}

/** Some file systems do not keep when a file was made. */
export const bornMs = ({ birthtimeMs, mtimeMs }: Pick<Stats, 'birthtimeMs' | 'mtimeMs'>): number =>
  birthtimeMs > 0 ? birthtimeMs : mtimeMs;

const whileThere = <T, E>(found: Promise<T>, otherwise: E): Promise<T | E> =>
  found.catch((error: unknown) => {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return otherwise;
    throw error;
  });
