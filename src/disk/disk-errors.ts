import { dirname } from 'node:path';
import { PipelineError } from '../core/errors.ts';

/**
 * `start`: nothing has been written and somebody is watching, so what needs a person's hand is refused at once.
 * `run`: what has worked may work again, so records wait.
 */
export type Phase = 'start' | 'run';

/** Passes by itself, or when somebody makes room. */
const PASSING: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full: make room; until then records wait',
  EDQUOT: 'the disk quota is used up: make room; until then records wait',
  EMFILE: 'this process has too many open files: raise the limit (ulimit -n), or lower openFiles',
  ENFILE: 'the system has too many open files',
  EIO: 'the disk reports an error: look at the kernel log',
  ENOMEM: 'the system is out of memory',
  EAGAIN: 'the system is busy',
  EBUSY: 'the file is busy',
  ESTALE: 'the file server has lost the file',
  ETIMEDOUT: 'the file server does not answer',
};

/** Needs somebody to change something. */
const DENIED: Readonly<Record<string, string>> = {
  EACCES: 'this user may not write there: change the owner or mode of FOLDER, or choose another path',
  EPERM: 'the system forbids it: look at the attributes of FOLDER (lsattr), or choose another path',
  EROFS: 'the file system is read-only: mount it writable, or choose another path',
  ENOTDIR: 'a part of the path is a file and no folder: move it away, or choose another path',
  EEXIST: 'a part of the path is a file and no folder: move it away, or choose another path',
  EISDIR: 'there is a folder of that name: move it away, or choose another path',
  ENOENT: 'a folder on the way is missing or is a broken link',
};

/** What went wrong with a file, as an error with a code; anything that is no error of the system stays as it is. */
export function diskError(
  error: unknown,
  path: string,
  phase: Phase,
  owner: 'SINK' | 'SOURCE' = 'SINK',
): unknown {
  const code = (error as NodeJS.ErrnoException | null)?.code;
  if (error instanceof PipelineError || code === undefined) return error;
  const advice = PASSING[code] ?? DENIED[code];
  const retryable = PASSING[code] !== undefined || (phase === 'run' && DENIED[code] !== undefined);
  return new PipelineError(
    retryable ? `${owner}_UNAVAILABLE` : `${owner}_REFUSED`,
    `cannot ${owner === 'SINK' ? 'write' : 'use'} ${path} (${code}): ${(advice ?? (error as Error).message).replace('FOLDER', dirname(path))}`,
    { cause: error },
  );
}

export function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return codes.includes((error as NodeJS.ErrnoException | null)?.code ?? '');
}
