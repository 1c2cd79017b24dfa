import { closeSync, constants, fstatSync, open, readSync } from 'node:fs';
import { promisify } from 'node:util';
import { messageOf, PipelineError, type PipelineErrorCode } from '../../core/errors.ts';
import { lineSplitter, type LineOptions } from '../../engine/lines.ts';

export interface LogListener extends LineOptions {
  /** Called whenever all there is has been read. */
  readonly atEnd: () => void;
  /** Called once, when it cannot be read on. */
  readonly failed: (cause: unknown) => void;
}

/** How often to look for more. An OOM report has some 130 records; the kernel keeps thousands. */
const LOOK_MS = 100;
/** A record of /dev/kmsg has 8 KiB at most, and each read gives one. */
const READ_BYTES = 16 * 1024;
/** So many reads, some milliseconds, then other work has its turn. */
const READS_A_TURN = 256;

/**
 * Reads an open log from its beginning, and on. Returns how to stop, which closes it.
 *
 * Node cannot wait for a character device: a read that blocks would keep a thread of its pool for ever. So it was opened to
 * be read without blocking, and is looked at ten times a second.
 */
export function followLog(file: number, { atEnd, failed, ...lines }: LogListener): () => void {
  const splitter = lineSplitter(lines);
  const buffer = Buffer.allocUnsafe(READ_BYTES);
  let next: NodeJS.Timeout | NodeJS.Immediate | undefined;
  let isOpen = true;

  const stop = (): void => {
    if (!isOpen) return;
    isOpen = false;
    splitter.stop();
    clearTimeout(next as NodeJS.Timeout);
    clearImmediate(next as NodeJS.Immediate);
    closeSync(file);
  };
  const look = (): void => {
    try {
      for (let reads = 0; isOpen && reads < READS_A_TURN; reads += 1) {
        const count = readSome(file, buffer);
        // A copy: the splitter may keep a part of it.
        if (count > 0) splitter.write(Buffer.from(buffer.subarray(0, count)));
        if (count !== 0) continue;
        if (fstatSync(file).nlink === 0) throw new Error('it was removed');
        atEnd();
        next = setTimeout(look, LOOK_MS);
        return;
      }
      if (isOpen) next = setImmediate(look);
    } catch (cause) {
      stop();
      failed(cause);
    }
  };
  next = setImmediate(look);
  return stop;
}

/** How many bytes came: 0 where there are no more now, -1 where the kernel has overwritten what was next. */
function readSome(file: number, buffer: Buffer): number {
  try {
    return readSync(file, buffer);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EAGAIN') return 0;
    if (code === 'EPIPE') return -1;
    throw error;
  }
}

const opened = promisify(open);

/** Opens a log for {@link followLog}. */
export const openLog = (path: string): Promise<number> =>
  opened(path, constants.O_RDONLY | constants.O_NONBLOCK);

/** Why a log cannot be opened or read, and what to do about it. */
export function unreadable(path: string, cause: unknown): PipelineError {
  const { code } = cause as NodeJS.ErrnoException;
  const is = (name: PipelineErrorCode, message: string): PipelineError =>
    new PipelineError(name, `kernelOom: ${message}`, { cause });
  switch (code) {
    case 'EPERM':
    case 'EACCES':
      return is(
        'SOURCE_REFUSED',
        `may not read ${path} (${code}): run as root or with CAP_SYSLOG, a container with --device ${path} --cap-add SYSLOG; or do without, by optional: true`,
      );
    case 'ENOENT':
      return is(
        'SOURCE_UNAVAILABLE',
        `there is no ${path}: a container needs --device ${path} --cap-add SYSLOG; or do without, by optional: true`,
      );
    case 'EISDIR':
      return is('SOURCE_REFUSED', `${path} is a folder: give the path of a kernel log, as /dev/kmsg`);
    default:
      return is('SOURCE_UNAVAILABLE', `cannot read ${path}: ${messageOf(cause)}`);
  }
}
