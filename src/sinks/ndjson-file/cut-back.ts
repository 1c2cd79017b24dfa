import { lstat, open, rename, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { PipelineError } from '../../core/errors.ts';
import type { Json } from '../../core/types.ts';
import { syncFolder } from '../../disk/folder.ts';
import { listOwnFiles } from './own-files.ts';
import type { PathTemplate } from './path-template.ts';
import { keepAside } from './torn-tail.ts';

/** Where a file ended at a checkpoint. */
export interface FilePlace {
  readonly inode: string;
  readonly bytes: number;
}

export function placeIn(state: Json): FilePlace {
  const { inode, bytes } = Object(state) as Partial<FilePlace>;
  if (typeof inode !== 'string' || typeof bytes !== 'number')
    throw new PipelineError(
      'CONFIG_INVALID',
      `ndjsonFile: the checkpoint was taken without exactlyOnce: begin with another --state folder`,
    );
  return { inode, bytes };
}

/**
 * Makes the file at `path` end where it ended at the checkpoint. What was written behind comes again from the source
 * where that can replay it; it is kept aside in `PATH.cut`, also the whole of a file begun since. A file put aside
 * since is taken back.
 */
export async function cutBack(
  template: PathTemplate,
  path: string,
  { inode, bytes }: FilePlace,
  tell: (message: string) => void,
): Promise<void> {
  const { live, rotated } = await listOwnFiles(template);
  let found: string | undefined;
  for (const file of [...live, ...rotated]) if ((await inodeOf(file.path)) === inode) found = file.path;
  if (found === undefined) {
    tell(`${path} is not the file of the last checkpoint: what was written since may be there twice`);
    return;
  }
  if (found !== path) {
    if (live.some((file) => file.path === path)) {
      await cut(path, 0, tell);
      await unlink(path);
    }
    await rename(found, path);
    await syncFolder(dirname(path));
  }
  await cut(path, bytes, tell);
}

async function cut(path: string, bytes: number, tell: (message: string) => void): Promise<void> {
  const file = await open(path, 'r+');
  try {
    const { size } = await file.stat();
    if (size < bytes)
      tell(`${path} has ${bytes - size} bytes less than at the last checkpoint: they are lost`);
    if (size <= bytes) return;
    await keepAside(file, bytes, size, `${path}.cut`);
    await file.truncate(bytes);
    await file.sync();
    tell(`${path}: cut back to the last checkpoint; the last ${size - bytes} bytes are in ${path}.cut now`);
  } finally {
    await file.close();
  }
}

async function inodeOf(path: string): Promise<string> {
  return String((await lstat(path, { bigint: true })).ino);
}
